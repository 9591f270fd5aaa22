// SPDX-License-Identifier: GPL-2.0-or-later

import Support
import Testing

/// The emulated link does what it is asked to: a quality test can be no better than this.
@Suite(.serialized, .enabled(if: Privileges.obstacle == nil, skipReason))
struct EmulatorTests {
    @Test func delayHoldsInEachDirection() throws {
        let bench = try EmulatorBench()
        let load = UDPLoad(perSecond: 1_000, size: 1_200)
        for (up, down) in [(0.0, 0.0), (300.0, 0.0), (0.0, 300.0)] {
            bench.link.setDelay(upMilliseconds: up, downMilliseconds: down)
            for (direction, wanted) in [(LinkEmulator.Direction.up, up), (.down, down)] {
                let report = try bench.flow(direction, load, seconds: 0.3)
                #expect(report.lost == 0 && report.duplicates == 0, "\(report)")
                // The fastest of 300 is late by no direction's delay but its own.
                let least = report.delays.first ?? 0
                #expect(wanted...wanted + 299 ~= least, "\(wanted) ms \(direction): \(report)")
            }
        }
    }

    @Test func lossAndDuplicationAreAsAskedInEachDirection() throws {
        let bench = try EmulatorBench()
        let load = UDPLoad(perSecond: 10_000, size: 200, burst: 10)
        bench.link.setWeather(Weather(lossPer1000: 100), .up)
        bench.link.setWeather(Weather(duplicationPer1000: 300), .down)
        let up = try bench.flow(.up, load, seconds: 2)
        let down = try bench.flow(.down, load, seconds: 2)
        print("loss up: \(up); duplicates down: \(down)")
        #expect(abs(up.lost - 2_000) < 200 && up.duplicates == 0)
        #expect(abs(down.duplicates - 6_000) < 400 && down.lost == 0)
        // The kernel has words of its own for this link now and then, and the weather does not spare them all.
        let emulator = try #require(bench.link.emulator)
        #expect(
            Monotonic.wait {
                let counts = emulator.counts(.up)
                return 0...counts.received - 20_000 ~= counts.lost - up.lost
            })
    }

    @Test func jitterComesOnTopOfTheDelay() throws {
        let bench = try EmulatorBench()
        bench.link.setWeather(Weather(delayMilliseconds: 10, jitterMilliseconds: 10), .up)
        let report = try bench.flow(.up, UDPLoad(perSecond: 200, size: 200), seconds: 1)
        #expect(report.lost == 0 && report.delays[0] >= 10 && report.delay(at: 0.5) > 12, "\(report)")
    }

    @Test func everythingElseThatHappensToALinkStillDoes() throws {
        let bench = try EmulatorBench()
        let load = UDPLoad(perSecond: 1_000, size: 1_000)
        // Sent at nobody: there is nothing to wait for.
        let vain = UDPLoad(perSecond: 1_000, size: 1_000, window: nil)
        let link = bench.link
        #expect(try bench.flow(.up, load, seconds: 0.1).lost == 0)
        try link.silentlyDrop()
        #expect(try bench.flow(.up, vain, seconds: 0.1).unique == 0)
        try link.lose(upPercent: 0, downPercent: 100)
        #expect(try bench.flow(.up, load, seconds: 0.1).lost == 0)
        #expect(try bench.flow(.down, vain, seconds: 0.1).unique == 0)
        try link.restore()
        try link.carrierLost()
        let state = try run(["ip", "-o", "link", "show", link.name], in: bench.laboratory.client)
        #expect(state.contains("NO-CARRIER"), "\(state)")
        try link.carrierBack()
        try link.remove()
        try link.recreate()
        try reach(Laboratory.serverV4, from: bench.laboratory.client)
    }

    @Test func severalClientsReachOneServer() throws {
        let laboratory = try Laboratory(links: [[.v4], [.v4]], clients: 3)
        #expect(laboratory.links.map(\.number) == Array(1...6))
        for index in 0..<3 {
            for link in laboratory.links(ofClient: index) {
                try reach(Laboratory.serverV4, from: laboratory.clients[index], over: link.name)
            }
        }
        let star = try WireGuardStar(laboratory, endpoint: "\(Laboratory.serverV4):\(Laboratory.wireGuardPort)")
        defer { star.stop() }
        try star.waitUntilReady()
        #expect(try Set(star.server.endpoints().values).count == 3)
        try star.clients[1].restart()
        try star.waitUntilReady()
        try star.server.meetAgain(
            star.clients[0].publicKey, endpoint: try star.server.endpoints()[star.clients[0].publicKey])
        try reach(WireGuardStar.address(ofClient: 0), from: laboratory.server)
    }

    @Test func aTapSeesEveryDatagram() throws {
        let laboratory = try Laboratory(links: 1)
        let recorder = try HandshakeRecorder(laboratory.links)
        let sink = try UDPEnd(in: laboratory.server, port: Laboratory.serverPort, echo: true)
        let source = try UDPEnd(in: laboratory.client, connectedTo: (Laboratory.serverV4, Laboratory.serverPort))
        let report = try UDPLoad(perSecond: 5_000, size: 1_200, burst: 5).run(from: source, into: sink, seconds: 0.4)
        #expect(report.lost == 0)
        func total(_ receivers: [UInt32: Int]) -> Int { receivers.values.reduce(0, +) }
        let sawAll = Monotonic.wait {
            let record = recorder.record
            return total(record.uplinkReceivers) == 2_000 && total(record.downlinkReceivers) == 2_000
        }
        #expect(sawAll, "\(recorder.record.uplinkReceivers) \(recorder.record.downlinkReceivers)")
        #expect(recorder.record.counters.values.max() == 1_999)
    }

    @Test func anAttackerCountsRight() throws {
        let laboratory = try Laboratory(links: 1)
        let attacker = try Attacker(in: laboratory)
        let victim = try UDPEnd(in: laboratory.server, at: Laboratory.serverV4, port: Laboratory.serverPort, echo: true)
        for port in 0..<16 { attacker.send(Array(repeating: 7, count: 100), port: port) }
        attacker.listen(seconds: Patience.seconds) { $0.reduce(0, +) >= 1_600 }
        #expect(attacker.receivedBytes == Array(repeating: 100, count: 16) && attacker.worstExcessBytes == 0)
        victim.stop()
        let kinds: [Hostility] = [
            .random, .shaped, .replayed([Array(repeating: 1, count: 148)]), .forged(receivers: [1, 2], counter: 9),
            .misshapen,
        ]
        for kind in kinds {
            let report = try attacker.flood(kind, count: 40_000)
            print("attacker: \(report)")
            #expect(report.sent == 40_000)
        }
    }
}
