// SPDX-License-Identifier: GPL-2.0-or-later

import Support
import Testing

/// The tester tested: plain WireGuard and plain UDP over the laboratory, without engarde.
@Suite(.serialized, .enabled(if: Privileges.obstacle == nil, skipReason))
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
        try pinger.wait(forMore: 20)

        let start = pinger.mark()
        try pinger.wait(forMore: 100)
        let silent = pinger.mark()
        let quiet = pinger.settled(from: start, to: silent)
        try link.silentlyDrop()
        let isMissed = Monotonic.wait { pinger.tally(from: silent, to: pinger.mark()).lost >= 20 }
        Monotonic.sleep(seconds: 0.5)
        let end = pinger.mark()
        try link.lose(percent: 0)
        let back = Monotonic.nanoseconds
        #expect(Monotonic.wait { pinger.firstAnswer(after: back) != nil })

        #expect(quiet.lost == 0 && quiet.sent >= 100, "\(quiet)")
        let broken = pinger.tally(from: silent, to: end)
        #expect(isMissed && broken.lost >= 20, "\(broken)")
        #expect(broken.longestGapMilliseconds > 400, "\(broken)")
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
        var number: UInt64 = 0
        /// Of 400 datagrams; `isVain` for those of which none or few can arrive.
        func flow(isVain: Bool = false) throws -> UDPReport {
            defer { number += 1_000 }
            return try UDPLoad(perSecond: 2_000, size: 1_000, window: isVain ? nil : 128).run(
                from: source, into: sink, seconds: 0.2, first: number, settle: 0.1)
        }
        // Link 2 would do as well; only link 1 is of interest here.
        try laboratory.links[1].down()
        #expect(try flow().lost == 0)
        try link.down()
        #expect(try flow(isVain: true).unique == 0)
        try link.up()
        #expect(try flow().lost == 0)
        try link.carrierLost()
        #expect(try flow(isVain: true).unique == 0)
        let moment = try link.carrierBack()
        // The kernel tells the routing code of a returned carrier at most once a second.
        let isBack = try Monotonic.wait { try flow(isVain: true).lost == 0 }
        print("carrier back: flows again after \(fixed(Double(Monotonic.nanoseconds - moment) / 1e6)) ms")
        #expect(isBack)
        try link.lose(percent: 50)
        #expect(100..<300 ~= (try flow()).lost)
        try link.restore()
        try link.shape(kbit: 200)
        #expect(try flow(isVain: true).lost > 200)
        try link.unshape()
        try link.changeAddress()
        try link.rename(to: "wwan0")
        try link.remove()
        try link.recreate()
        #expect(link.isAlive)
        #expect(link.name == "wwan0")
        try reach(Laboratory.serverV6, from: laboratory.client, over: "wwan0")
        try reach(Laboratory.serverV6, from: laboratory.client, over: "c3")
        try link.loseRoute()
        try link.configureClient()
        try link.mtu(1_280)
    }

    @Test func programsEndWithWhatTheySaid() throws {
        let program = try Program(["sh", "-c", "echo one; echo two >&2; sleep 100"])
        _ = try program.waitForLine { $0 == "two" }
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
