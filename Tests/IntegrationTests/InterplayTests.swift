// SPDX-License-Identifier: GPL-2.0-or-later

import Support
import Testing

extension Integration {
    /// With a far end that knows nothing of sessions, duplicates or admission.
    @Suite struct InterplayTests {
        /// A server that copies everything to everybody, which is what `protocol: opaque` makes of ours.
        @Test(arguments: Engine.available)
        func ourClientWithABlindServer(engine: Engine) throws {
            let rig = try Rig(engine, serverExtra: "  protocol: opaque\n")
            let tunnel = try rig.tunnel()
            let pinger = try Pinger(in: rig.laboratory.client, to: WireGuardTunnel.serverAddress, interval: 0.005)
            defer { pinger.stop() }
            for link in rig.links { try rig.laboratory.waitUntilCarrying(link) }
            let start = pinger.mark()
            try rig.links[0].down()
            Monotonic.sleep(seconds: 0.3)
            try rig.links[0].up()
            try rig.laboratory.waitUntilCarrying(rig.links[0])
            try rig.links[1].changeAddress()
            Monotonic.sleep(seconds: 0.3)
            try tunnel.client.restart()
            try tunnel.waitUntilReady(seconds: 8)
            let tally = try pinger.stop(since: start)
            // A restarted WireGuard loses what was on its way, and pings while it has no session.
            #expect(tally.longestGapMilliseconds < 2_000, "\(tally); \(rig.words)")
            tunnel.stop()

            // In WireGuard's place: the blind server's sink hears every copy, our client's source each answer once.
            let sink = try rig.sink(echo: true)
            let source = try rig.source()
            try rig.warmUp(source, sink, numbered: 0)
            let report = try UDPLoad(perSecond: 1_000, size: 1_000).run(
                from: source, into: sink, seconds: 1, first: 1 << 20)
            let answered = rig.answers(source, first: 1 << 20, to: report)
            let answers = source.arrivals.compactMap(\.number).filter { $0 >= 1 << 20 }.count
            print("\(engine), blind server: up \(report); down \(answered) answered, \(answers - answered) duplicates")
            #expect(report.lost == 0 && report.duplicates == 2 * report.sent, "up: \(report); \(rig.words)")
            #expect(answered == report.sent && answers == answered, "down: \(answers) of \(answered); \(rig.words)")
        }

        /// An older relay takes new source ports at the least occasion; the old ones are not fed on.
        @Test(arguments: Engine.available)
        func ourServerWithAClientThatChangesPorts(engine: Engine) throws {
            let laboratory = try Laboratory(links: 3)
            let server = try Engarde(.server, path: Rig.path(.server), in: laboratory, engine: engine.rawValue)
            let fanOut = try BlindFanOut(in: laboratory)
            defer { fanOut.stop() }
            let tunnel = try WireGuardTunnel(laboratory, endpoint: "127.0.0.1:\(Laboratory.clientPort)")
            defer { tunnel.stop() }
            try tunnel.waitUntilReady()
            let pinger = try Pinger(in: laboratory.client, to: WireGuardTunnel.serverAddress, interval: 0.005)
            defer { pinger.stop() }
            Monotonic.sleep(seconds: 0.3)
            let start = pinger.mark()
            var old: [Int] = []
            for _ in 1...8 {
                old += try fanOut.rebind()
                Monotonic.sleep(seconds: 0.3)
            }
            Monotonic.sleep(seconds: 1)
            let watch = try OutgoingWatch(in: laboratory.server, toPorts: old)
            Monotonic.sleep(seconds: 1)
            let fed = try watch.counts()
            let tally = try pinger.stop(since: start)
            let words: Comment = "\(server.program.lines.suffix(8).map(\.text).joined(separator: "\n"))"
            print("\(engine), 8 changes of all ports: \(tally), \(fed.reduce(0, +)) datagrams to old ports")
            // What is under way to a port when it closes is lost, at most one ping a change.
            #expect(tally.lost <= 8, "\(tally); \(words)")
            #expect(fed.allSatisfy { $0 == 0 }, "old ports are still fed: \(fed); \(words)")
            let endpoints = try tunnel.server.endpoints()
            #expect(endpoints.count == 1)
        }
    }
}
