// SPDX-License-Identifier: GPL-2.0-or-later

import Support
import Testing
import Undisturbed

/// The tester tested: plain WireGuard and plain UDP over the laboratory, without engarde.
@Suite(.serialized, .undisturbed, .enabled(if: Privileges.obstacle == nil, skipReason))
struct LaboratoryTests {
    @Test func plainTunnelCountsWhatALinkLoses() throws {
        let laboratory = try Laboratory(links: 1)
        let link = laboratory.links[0]
        let tunnel = try WireGuardTunnel(
            laboratory, endpoint: "\(Laboratory.serverV4):\(Laboratory.wireGuardPort)")
        defer { tunnel.stop() }
        try tunnel.waitUntilReady()
        let pinger = try Pinger(in: laboratory.client, to: WireGuardTunnel.serverAddress)
        defer { pinger.stop() }
        Monotonic.sleep(seconds: 0.2)

        let start = pinger.mark()
        Monotonic.sleep(seconds: 1)
        let silent = pinger.mark()
        try link.silentlyDrop()
        Monotonic.sleep(seconds: 0.5)
        try link.lose(percent: 0)
        Monotonic.sleep(seconds: 0.1)
        let end = pinger.mark()
        Monotonic.sleep(seconds: 0.3)

        let quiet = pinger.tally(from: start, to: silent)
        #expect(quiet.lost == 0)
        #expect(quiet.sent > 50)
        #expect(quiet.longestGapMilliseconds < 200)
        let broken = pinger.tally(from: silent, to: end)
        // An unanswered ping makes ping wait for 10 ms.
        #expect(broken.lost > 20)
        #expect(broken.longestGapMilliseconds > 400)
        print("plain WireGuard: \(quiet), with half a second of silence: \(broken)")
    }

    @Test func everyKindOfWeatherReachesTheLink() throws {
        let laboratory = try Laboratory(links: [[.v4, .v6], [.v4], [.v6]])
        let link = laboratory.links[0]
        let sink = try UDPEnd(in: laboratory.server, at: "0.0.0.0", port: 4_000)
        let source = try UDPEnd(in: laboratory.client, connectedTo: (Laboratory.serverV4, 4_000))
        defer {
            sink.stop()
            source.stop()
        }
        let load = UDPLoad(perSecond: 2_000, size: 1_000)
        var number: UInt64 = 0
        func flow() throws -> UDPReport {
            defer { number += 1_000 }
            return try load.run(from: source, into: sink, seconds: 0.2, first: number, settle: 0.1)
        }
        // Link 2 would do as well; only link 1 is of interest here.
        try laboratory.links[1].down()
        #expect(try flow().lost == 0)
        try link.down()
        #expect(try flow().unique == 0)
        try link.up()
        #expect(try flow().lost == 0)
        try link.carrierLost()
        #expect(try flow().unique == 0)
        let moment = try link.carrierBack()
        // The kernel tells the routing code of a returned carrier at most once a second.
        var back = try flow()
        while back.lost > 0, Monotonic.nanoseconds < moment + 3_000_000_000 { back = try flow() }
        print("carrier back: flows again after \(fixed(Double(Monotonic.nanoseconds - moment) / 1e6)) ms")
        #expect(back.lost == 0)
        try link.lose(percent: 50)
        #expect(100..<300 ~= (try flow()).lost)
        try link.restore()
        try link.shape(kbit: 200)
        #expect(try flow().lost > 200)
        try link.unshape()
        try link.changeAddress()
        try link.rename(to: "wwan0")
        try link.remove()
        try link.recreate()
        #expect(link.isAlive)
        #expect(link.name == "wwan0")
        try run(["ping", "-c1", "-W2", "-I", "wwan0", Laboratory.serverV6], in: laboratory.client)
        try run(["ping", "-c1", "-W2", "-I", "c3", Laboratory.serverV6], in: laboratory.client)
        try link.loseRoute()
        try link.configureClient()
        try link.mtu(1_280)
    }

    @Test func programsEndWithWhatTheySaid() throws {
        let program = try Program(["sh", "-c", "echo one; echo two >&2; sleep 100"])
        _ = try program.waitForLine(seconds: 2) { $0 == "two" }
        #expect(program.openDescriptors >= 3)
        #expect(program.stop() == .signalled(15))
        #expect(program.text(.output) == "one")
        #expect(throws: LaboratoryFailure.self) { try run(["false"]) }
        #expect(try run(["cat"], input: "kept") == "kept")
    }

    @Test func namespacesLeaveNothing() throws {
        let namespace = try Namespace("gone")
        let name = namespace.name
        #expect(directoryEntries("/run/netns").contains(name))
        namespace.delete()
        #expect(!directoryEntries("/run/netns").contains(name))
    }
}
