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
            let tally = pinger.settled(from: start, to: pinger.mark())
            #expect(tally.lost == 0, "\(tally); \(rig.words)")
            // A restarted WireGuard loses what was on its way, and pings while it has no session.
            try tunnel.client.restart()
            let moment = Monotonic.nanoseconds
            try tunnel.waitUntilReady()
            #expect(Monotonic.wait { pinger.firstAnswer(after: moment) != nil }, rig.words)
            pinger.stop()
            tunnel.stop()

            // In WireGuard's place: the blind server's sink hears every copy, our client's source each answer once.
            let sink = try rig.sink(echo: true)
            let source = try rig.source()
            try rig.warmUp(source, sink, numbered: 0)
            let report = try UDPLoad(perSecond: 1_000, size: 1_000).run(
                from: source, into: sink, seconds: 1, first: 1 << 20, echo: source, copies: 3)
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
            let server = try Engarde(
                .server, path: Rig.path(.server), in: laboratory, engine: engine.rawValue,
                extra: "  clientTimeout: 3600\n")
            let fanOut = try BlindFanOut(in: laboratory)
            defer { fanOut.stop() }
            let tunnel = try WireGuardTunnel(laboratory, endpoint: "127.0.0.1:\(Laboratory.clientPort)")
            defer { tunnel.stop() }
            try tunnel.waitUntilReady()
            let pinger = try Pinger(in: laboratory.client, to: WireGuardTunnel.serverAddress, interval: 0.005)
            defer { pinger.stop() }
            try pinger.wait(forMore: 50)
            var old: [Int] = []
            var lost: [Int] = []
            for _ in 1...8 {
                old += try fanOut.rebind()
                // What was under way to a port when it closed is lost. What is sent from now on is not, but for one.
                let start = pinger.mark()
                try pinger.wait(forMore: 60)
                lost.append(pinger.settled(from: start, to: pinger.mark(), allowing: 1).lost)
            }
            let words: Comment = "\(server.program.lines.suffix(8).map(\.text).joined(separator: "\n"))"
            #expect(lost.allSatisfy { $0 <= 1 }, "\(lost); \(words)")
            // Old ports are superseded, long before clientTimeout.
            let fed = try OutgoingWatch.untilNothing { try OutgoingWatch(in: laboratory.server, toPorts: old) }
            print("\(engine), 8 changes of all ports: \(lost) pings lost")
            #expect(fed.allSatisfy { $0 == 0 }, "old ports are still fed: \(fed); \(words)")
            let endpoints = try tunnel.server.endpoints()
            #expect(endpoints.count == 1)
        }
    }
}
