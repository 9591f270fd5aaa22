// SPDX-License-Identifier: GPL-2.0-or-later

import Glibc
import Support
import Testing

extension Integration {
    /// Many clients, one port, one process: each client its own, through everything that happens to sessions.
    @Suite struct SessionTests {
        @Test(arguments: Engine.available)
        func threeClientsShareOnePort(engine: Engine) throws {
            let crowd = try Crowd(engine, clients: 3, links: 2)
            let pingers = try crowd.pingers()
            defer { pingers.forEach { $0.stop() } }
            let starts = pingers.map { $0.mark() }
            let streams = try (0..<3).map {
                try Iperf(
                    from: crowd.laboratory.clients[$0], to: crowd.laboratory.server,
                    address: WireGuardStar.serverAddress, port: 5_201 + $0, megabits: 10, seconds: 4)
            }
            Monotonic.sleep(seconds: 4.5)
            let results = streams.map { $0.stop() }
            for pinger in pingers { try pinger.wait(forMore: 50) }
            let tallies = zip(pingers, starts).map { $0.stop(since: $1) }
            let drops = try crowd.star.drops()
            print("\(engine): pings \(tallies.map { "\($0.lost) of \($0.sent) lost" }), WireGuard dropped \(drops)")
            for (index, result) in results.enumerated() {
                print("\(engine): client \(index): \(result?.line ?? "iperf3 gave no summary")")
                #expect(result?.megabitsPerSecond ?? 0 > 0, "client \(index); \(crowd.words)")
                // What a WireGuard's own full queue costs is not ours.
                #expect(tallies[index].lost <= drops, "client \(index): \(tallies[index]); \(crowd.words)")
            }
            crowd.expectNobodyHeardOthers(crowd.words)
            let endpoints = try crowd.star.server.endpoints()
            #expect(Set(endpoints.values).count == 3, "WireGuard sees \(endpoints.values); \(crowd.words)")
            for link in crowd.laboratory.links {
                #expect(try crowd.laboratory.received(link, .client) > 100, "\(link.name) brought nothing down")
            }
        }

        @Test(arguments: Engine.available)
        func wireGuardRestartsOnEitherSide(engine: Engine) throws {
            let crowd = try Crowd(engine, clients: 2, links: 2)
            let pingers = try crowd.pingers()
            defer { pingers.forEach { $0.stop() } }
            // The client's: its first ping makes a handshake.
            let starts = pingers.map { $0.mark() }
            try crowd.star.clients[0].restart()
            let up = Monotonic.nanoseconds
            let isBack = Monotonic.wait { pingers[0].firstAnswer(after: up) != nil }
            let gap = fixed(pingers[0].firstAnswer(after: up) ?? .infinity)
            print("\(engine): the client's WireGuard restarted, answered after \(gap) ms")
            #expect(isBack, "\(pingers.map(\.complaints)); \(crowd.words)")
            try pingers[1].wait(forMore: 30)
            let undisturbed = pingers[1].settled(from: starts[1], to: pingers[1].mark())
            #expect(undisturbed.lost == 0, "the other client: \(undisturbed); \(crowd.words)")

            // The server's: clients notice after 15 s of silence (KEEPALIVE_TIMEOUT + REKEY_TIMEOUT), unless they are
            // made to forget sooner.
            try crowd.star.server.restart()
            for client in crowd.star.clients { try client.meetAgain(crowd.star.server.publicKey) }
            let again = Monotonic.nanoseconds
            let areBack = Monotonic.wait { pingers.allSatisfy { $0.firstAnswer(after: again) != nil } }
            #expect(areBack, "\(pingers.map(\.complaints)); \(crowd.words)")
            crowd.expectNobodyHeardOthers(crowd.words)
        }

        /// A rekey in traffic, which WireGuard makes every two minutes, with one side or the other beginning it.
        @Test(arguments: Engine.available)
        func eitherSideBeginsAHandshake(engine: Engine) throws {
            let crowd = try Crowd(engine, clients: 2, links: 2)
            let (client, server) = (crowd.star.clients[0], crowd.star.server)
            let other = try Pinger(
                in: crowd.laboratory.clients[1], to: WireGuardStar.serverAddress, interval: 0.01)
            defer { other.stop() }
            let start = other.mark()
            for round in 1...3 {
                try client.meetAgain(server.publicKey)
                try reach(WireGuardStar.serverAddress, from: client.namespace)
                let endpoint = try #require(try server.endpoints()[client.publicKey])
                try server.meetAgain(client.publicKey, endpoint: endpoint)
                let began = crowd.recorders[0].record.handshakes.count { !$0.isUplink && $0.bytes[0] == 1 }
                // The server's WireGuard has no session and begins one itself.
                let answered: Void? = try? reach(WireGuardStar.address(ofClient: 0), from: server.namespace)
                #expect(answered != nil, "round \(round): the server begins; \(crowd.words)")
                let hasBegun = Monotonic.wait {
                    crowd.recorders[0].record.handshakes.count { !$0.isUplink && $0.bytes[0] == 1 } > began
                }
                #expect(hasBegun, "round \(round): the handshake did not come from the server")
            }
            let tally = other.settled(from: start, to: other.mark())
            #expect(tally.lost == 0, "the other client: \(tally); \(crowd.words)")
            crowd.expectNobodyHeardOthers(crowd.words)
        }

        /// WireGuard's own rekey after 120 s, in traffic. Slow: wants ENGARDE_SLOW_TESTS in the environment.
        @Test(.enabled(if: Environment.value("ENGARDE_SLOW_TESTS") != nil, "skipped: ENGARDE_SLOW_TESTS is not set"))
        func aRekeyCostsNothing() throws {
            let crowd = try Crowd(Engine.available[0], clients: 2, links: 2)
            let pingers = try crowd.pingers()
            defer { pingers.forEach { $0.stop() } }
            let starts = pingers.map { $0.mark() }
            let before = crowd.recorders.map { $0.record.clientIndices.count }
            Monotonic.sleep(seconds: 125)
            let tallies = zip(pingers, starts).map { $0.stop(since: $1) }
            print("125 s with pings every 10 ms: \(tallies)")
            for (index, tally) in tallies.enumerated() {
                #expect(crowd.recorders[index].record.clientIndices.count > before[index], "client \(index): no rekey")
                #expect(tally.lost == 0 && tally.sent > 400, "client \(index): \(tally); \(crowd.words)")
            }
            crowd.expectNobodyHeardOthers(crowd.words)
        }

        @Test(arguments: Engine.available)
        func allLinksOfOneClientChangeAtOnce(engine: Engine) throws {
            let crowd = try Crowd(engine, clients: 2, links: 2, serverExtra: "  clientTimeout: 3600\n")
            let pingers = try crowd.pingers()
            defer { pingers.forEach { $0.stop() } }
            for pinger in pingers { try pinger.wait(forMore: 30) }
            let start = pingers[1].mark()
            let links = crowd.laboratory.links(ofClient: 0)
            let old = links.map(\.clientV4)
            for link in links { try link.changeAddress() }
            let moment = Monotonic.nanoseconds
            for link in links { try crowd.laboratory.waitUntilCarrying(link) }
            #expect(Monotonic.wait { pingers[0].firstAnswer(after: moment) != nil }, crowd.words)
            // The old addresses are superseded, long before clientTimeout.
            let fed = try OutgoingWatch.untilNothing { try OutgoingWatch(in: crowd.laboratory.server, to: old) }
            #expect(fed.allSatisfy { $0 == 0 }, "old addresses are still fed: \(fed) datagrams; \(crowd.words)")
            let settled = pingers[0].mark()
            try pingers[0].wait(forMore: 100)
            let tally = pingers[0].settled(from: settled, to: pingers[0].mark())
            #expect(tally.lost == 0, "\(tally); \(crowd.words)")
            let other = pingers[1].settled(from: start, to: pingers[1].mark())
            #expect(other.lost == 0, "the other client: \(other); \(crowd.words)")
            crowd.expectNobodyHeardOthers(crowd.words)
        }

        @Test(arguments: Engine.available)
        func aKilledServerServesAllAgain(engine: Engine) throws {
            let crowd = try Crowd(engine, clients: 3, links: 2)
            let pingers = try crowd.pingers()
            defer { pingers.forEach { $0.stop() } }
            for round in 1...3 {
                crowd.server.program.signal(SIGKILL)
                #expect(try crowd.server.program.waitForExit() == .signalled(SIGKILL))
                try crowd.server.restart()
                let up = try crowd.server.program.waitForLine { $0.contains("listening") }.nanoseconds
                let areBack = Monotonic.wait { pingers.allSatisfy { $0.firstAnswer(after: up) != nil } }
                #expect(areBack, crowd.words)
                for pinger in pingers { try pinger.wait(forMore: 30) }
                crowd.expectNobodyHeardOthers("round \(round)")
            }
            #expect(try Set(crowd.star.server.endpoints().values).count == 3, crowd.words)
        }

        @Test(arguments: Engine.available)
        func wireGuardReceivesEachDatagramOnce(engine: Engine) throws {
            let rig = try Rig(engine)
            let sink = try rig.sink(echo: true)
            let source = try rig.source()
            try rig.warmUp(source, sink, numbered: 0)
            let load = UDPLoad(perSecond: 4_000, size: 1_200, burst: 16)
            let healthy = try load.run(
                from: source, into: sink, seconds: 2, first: 1 << 20, echo: source)
            expectOnce(healthy, source, 1 << 20, rig, "\(engine), three healthy links")

            for link in rig.links[0...1] { try link.lose(percent: 30) }
            sink.forget()
            source.forget()
            let lossy = try load.run(
                from: source, into: sink, seconds: 3, first: 1 << 21, echo: source)
            expectOnce(lossy, source, 1 << 21, rig, "\(engine), two of three links losing 30 %")
        }

        /// A satellite beside two cables: its copies come when the others' are long forgotten by everybody but us.
        @Test(arguments: Engine.available)
        func copiesThatComeLateAreDroppedToo(engine: Engine) throws {
            let rig = try Rig(engine, emulated: [2])
            let sink = try rig.sink(echo: true)
            let source = try rig.source()
            try rig.warmUp(source, sink, numbered: 0)
            rig.links[1].setDelay(upMilliseconds: 900, downMilliseconds: 900)
            let report = try UDPLoad(perSecond: 2_000, size: 500, burst: 16).run(
                from: source, into: sink, seconds: 4, first: 1 << 20, echo: source, settle: 2.2)
            expectOnce(report, source, 1 << 20, rig, "\(engine), one link 900 ms behind each way")
        }

        /// Holds that nothing was lost and nothing came twice, up to the sink and, echoed, down to the source.
        private func expectOnce(_ up: UDPReport, _ source: UDPEnd, _ first: UInt64, _ rig: Rig, _ name: String) {
            let numbers = source.arrivals.compactMap(\.number).filter { $0 >= first && $0 < first + UInt64(up.sent) }
            let answered = Set(numbers).count
            print("\(name): up \(up); down \(answered) answered, \(numbers.count - answered) duplicates")
            #expect(up.lost == 0 && up.duplicates == 0, "\(name), up: \(up); \(rig.words)")
            #expect(answered == up.sent, "\(name), down: \(answered) of \(up.sent); \(rig.words)")
            #expect(numbers.count == answered, "\(name), down: \(numbers.count - answered) duplicates; \(rig.words)")
        }
    }
}
