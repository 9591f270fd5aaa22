// SPDX-License-Identifier: GPL-2.0-or-later

import Glibc
import Sockets
import Support
import Testing

extension Integration {
    /// Numbered datagrams in WireGuard's place, where what counts is which copy took how long.
    @Suite struct FanOutTests {
        @Test(arguments: Engine.available)
        func aSlowLinkDelaysNobody(engine: Engine) throws {
            let rig = try Rig(engine, isOpaque: true)
            let sink = try rig.sink()
            let source = try rig.source()
            try rig.warmUp(source, sink)
            let load = UDPLoad(perSecond: 1_000, size: 1_000)
            let ports = try rig.linkPorts()
            var added = Double.infinity
            // A measurement on a machine with other work to do; the best of five counts, each is printed.
            for attempt in 1...5 where added >= 2 {
                sink.forget()
                let before = try load.run(from: source, into: sink, seconds: 2)
                try rig.links[0].shape(kbit: 200)
                sink.forget()
                let shaped = try load.run(from: source, into: sink, seconds: 4, first: 1_000_000)
                try rig.links[0].unshape()
                added = shaped.delay(at: 0.999) - before.delay(at: 0.999)
                print("\(engine): three free links: \(before)")
                print("\(engine): one of them at 200 kbit/s: \(shaped)")
                print("\(engine): added at 99.9 %, attempt \(attempt): \(fixed(added, 3)) ms")
                #expect(before.lost == 0 && shaped.lost == 0, rig.words)
            }
            #expect(added < 2)
            #expect(try rig.linkPorts() == ports, "the slow link lost its socket; \(rig.words)")
        }

        @Test(arguments: Engine.available)
        func datagramsOfEverySizePassWhole(engine: Engine) throws {
            let rig = try Rig(engine, isOpaque: true)
            let sink = try rig.sink(echo: true)
            let source = try rig.source()
            try rig.warmUp(source, sink)
            for size in [0, 1, 1_472, 2_000, 9_000, 65_507] {
                sink.forget()
                source.forget()
                for number in 0..<20 {
                    source.send(LoadDatagram.make(number: UInt64(number), size: size, nanoseconds: 0))
                    Monotonic.sleep(seconds: 0.005)
                }
                func whole(_ arrivals: [UDPEnd.Arrival]) -> Int {
                    let right = arrivals.filter {
                        $0.length == size && ($0.number != nil || size < LoadDatagram.headerSize)
                    }
                    return size < LoadDatagram.headerSize ? min(20, right.count) : Set(right.map(\.number)).count
                }
                #expect(sink.wait(seconds: 2) { whole($0) == 20 }, "\(size) bytes up: \(whole(sink.arrivals)) of 20")
                #expect(
                    source.wait(seconds: 2) { whole($0) == 20 }, "\(size) bytes down: \(whole(source.arrivals)) of 20")
                #expect(sink.arrivals.allSatisfy { $0.length == size }, "cut or joined at \(size) bytes")
            }
        }

        @Test(arguments: Engine.available)
        func linksLeaveAndJoinAtOnce(engine: Engine) throws {
            let (left, joined) = try reactions(engine, rounds: 5, linkSource: "netlink", awaySeconds: 0.3)
            #expect(joined.count == 5)
            // The kernel itself may report a link's state late, by a second when it has reported much just before; the
            // best round shows that events are what drives it.
            #expect((left.min() ?? .infinity) < 50)
            #expect((joined.min() ?? .infinity) < 50)
        }

        @Test func polledLinksLeaveAndJoinWithinASecond() throws {
            let (left, joined) = try reactions(
                Engine.available[0], rounds: 3, linkSource: "polling", awaySeconds: 1.2)
            #expect(!joined.isEmpty)
            #expect((left + joined).allSatisfy { $0 < 1_900 })
        }

        /// Takes a link down and up again; how long both took to show, in ms.
        private func reactions(
            _ engine: Engine, rounds: Int, linkSource: String, awaySeconds: Double
        ) throws -> (left: [Double], joined: [Double]) {
            let laboratory = try Laboratory(links: 2)
            let link = laboratory.links[0]
            // To the far end's own address, so that the kernel's own route is back the moment the link is up.
            let client = try Engarde(
                .client, path: Rig.path(.client), in: laboratory, engine: engine.rawValue,
                extra: """
                      dstOverrides:
                        - ifName: c1
                          dstAddr: "\(link.serverV4):\(Laboratory.serverPort)"
                    """, options: ["--link-source", linkSource])
            let far = try UDPEnd(in: laboratory.server, port: Laboratory.serverPort)
            let source = try UDPEnd(
                in: laboratory.client, at: "127.0.0.1", connectedTo: ("127.0.0.1", Laboratory.clientPort))
            let bothCarry = Monotonic.wait(seconds: 5) {
                source.send(LoadDatagram.make(number: .max, size: 100, nanoseconds: 0))
                return Set(far.arrivals.map(\.source)).count == 2
            }
            try #require(bothCarry, "\(client.program.text(.error))")
            var left: [Double] = []
            var joined: [Double] = []
            for round in 0..<rounds {
                far.forget()
                var moments: (down: Int64, up: Int64) = (0, 0)
                let report = try UDPLoad(perSecond: 2_000, size: 200).run(
                    from: source, into: far, seconds: awaySeconds + 1.6, first: UInt64(round) * 10_000
                ) { gone in
                    if gone > 0.3 && moments.down == 0 { moments.down = try link.down() }
                    if gone > 0.3 + awaySeconds && moments.up == 0 { moments.up = try link.up() }
                }
                #expect(report.lost == 0)
                let idle = try client.program.waitForLine(seconds: 2, after: moments.down) {
                    $0.contains("c1") && $0.contains("down")
                }
                left.append(Double(idle.nanoseconds - moments.down) / 1e6)
                let copy = far.arrivals.first {
                    $0.source.ip.description == link.clientV4 && $0.nanoseconds > moments.up
                }
                if let copy { joined.append(Double(copy.nanoseconds - moments.up) / 1e6) }
            }
            print("\(engine), \(linkSource): link set down, out after ms: \(left.map { fixed($0, 2) })")
            print("\(engine), \(linkSource): link set up, first copy after ms: \(joined.map { fixed($0, 2) })")
            return (left, joined)
        }

        @Test(arguments: Engine.available)
        func aLinkWithoutRoomOrRouteCostsOnlyItself(engine: Engine) throws {
            let rig = try Rig(engine, links: [[.v4], [.v4]], isOpaque: true)
            let sink = try rig.sink()
            let source = try rig.source()
            try rig.warmUp(source, sink)
            let ports = try rig.linkPorts()
            let load = UDPLoad(perSecond: 1_000, size: 1_400, burst: 8)
            let link = rig.links[0]
            try link.mtu(600)
            let small = try load.run(from: source, into: sink, seconds: 0.5)
            #expect(small.lost == 0, "with an MTU of 600: \(small)")
            try link.mtu(1_500)
            try link.loseRoute()
            let lost = try load.run(from: source, into: sink, seconds: 0.5, first: 10_000)
            #expect(lost.lost == 0, "without a route: \(lost)")
            try link.configureClient()
            let before = try rig.laboratory.received(link, .server)
            let again = try load.run(from: source, into: sink, seconds: 0.5, first: 20_000)
            #expect(again.lost == 0, "with the route back: \(again)")
            #expect(try rig.laboratory.received(link, .server) > before + 400, "c1 does not carry again; \(rig.words)")
            #expect(try rig.linkPorts() == ports, "a socket was made anew; \(rig.words)")
        }

        @Test(arguments: Engine.available)
        func changesLeaveNoDescriptorBehind(engine: Engine) throws {
            let rig = try Rig(engine, isOpaque: true)
            let sink = try rig.sink()
            let source = try rig.source()
            try rig.warmUp(source, sink)
            let before = (rig.client.program.openDescriptors, rig.server.program.openDescriptors)
            for round in 0..<20 {
                let link = rig.links[round % 3]
                try link.down()
                source.send(LoadDatagram.make(number: UInt64(round), size: 500, nanoseconds: 0))
                try link.up()
                try link.changeAddress()
                source.send(LoadDatagram.make(number: UInt64(round), size: 500, nanoseconds: 0))
                if round % 5 == 4 {
                    try link.remove()
                    try link.recreate()
                }
            }
            let settled = Monotonic.wait(seconds: 3) {
                rig.client.program.openDescriptors == before.0 && rig.server.program.openDescriptors == before.1
            }
            let after = (rig.client.program.openDescriptors, rig.server.program.openDescriptors)
            #expect(settled, "descriptors of client and server: \(before) before, \(after) after")
            try rig.warmUp(source, sink)
        }

        @Test(arguments: Engine.available)
        func wireGuardMayBeLateGoneOrElsewhere(engine: Engine) throws {
            let rig = try Rig(engine, links: [[.v4], [.v4]], isOpaque: true)
            let first = try rig.source()
            for number in 0..<200 { first.send(LoadDatagram.make(number: UInt64(number), size: 200, nanoseconds: 0)) }
            for round in 1...2 {
                let sink = try rig.sink(echo: true)
                // A new port each time, as a WireGuard that restarts may have.
                let source = try rig.source()
                try rig.warmUp(source, sink)
                let report = try UDPLoad(perSecond: 500, size: 300).run(from: source, into: sink, seconds: 0.4)
                #expect(report.lost == 0, "round \(round): \(report); \(rig.words)")
                let answered = rig.answers(source, to: report)
                #expect(answered >= 200, "round \(round): \(answered) of 200 answered; \(rig.words)")
                sink.stop()
                // Nobody listens: refusals come back to the server's upstream socket.
                for number in 0..<50 {
                    source.send(LoadDatagram.make(number: UInt64(number), size: 200, nanoseconds: 0))
                    Monotonic.sleep(seconds: 0.002)
                }
            }
            #expect(rig.server.program.status == nil && rig.client.program.status == nil, rig.words)
        }

        @Test(arguments: Engine.available)
        func aLinkSocketTakesNothingFromStrangers(engine: Engine) throws {
            let rig = try Rig(engine, links: [[.v4], [.v4]], isOpaque: true)
            let sink = try rig.sink(echo: true)
            let source = try rig.source()
            try rig.warmUp(source, sink)
            // From the server's machine, even, but not from the server's address and port.
            let stranger = try UDPEnd(in: rig.laboratory.server, at: rig.links[0].serverV4)
            for port in try rig.linkPorts() {
                let target = try #require(IPv4Target(rig.links[0].clientV4, port))
                for number in 0..<10 {
                    stranger.send(
                        LoadDatagram.make(number: UInt64(number), size: 333, nanoseconds: 0), to: target.address)
                }
            }
            _ = source.wait(seconds: 0.3) { _ in false }
            #expect(!source.arrivals.contains { $0.length == 333 })
        }

        @Test(arguments: Engine.available)
        func aFloodOfSourcesIsBounded(engine: Engine) throws {
            let rig = try Rig(engine, links: [[.v4], [.v4]], isOpaque: true)
            let sink = try rig.sink(echo: true)
            let source = try rig.source()
            // Answers to the forged sources have somewhere to go, so that a server that sprays them is not let off.
            try run(
                ["ip", "route", "add", "10.64.0.0/10", "via", rig.links[0].clientV4, "dev", "s1"],
                in: rig.laboratory.server)
            try rig.warmUp(source, sink)
            let before = rig.server.program.residentKibibytes
            let descriptors = rig.server.program.openDescriptors
            let taken = try SpoofedFlood.run(
                in: rig.laboratory.client, to: (Laboratory.serverV4, Laboratory.serverPort), count: 100_000,
                size: 100, seconds: 4)
            let after = rig.server.program.residentKibibytes
            #expect(taken > 90_000)
            #expect(after - before < 32_768, "\(before) KiB before, \(after) KiB after")
            #expect(rig.server.program.openDescriptors == descriptors)
            source.forget()
            sink.forget()
            let report = try UDPLoad(perSecond: 500, size: 300).run(from: source, into: sink, seconds: 1)
            let answered = rig.answers(source, to: report)
            print(
                """
                \(engine): after \(taken) forged sources: \(report); \(answered) answered; memory \(before) KiB \
                before, \(after) KiB after
                """)
            #expect(report.lost == 0, rig.words)
            #expect(answered == report.sent, "known paths must be answered; \(rig.words)")
        }

        @Test(arguments: Engine.available)
        func burstsPassWhole(engine: Engine) throws {
            let rig = try Rig(engine, isOpaque: true)
            let sink = try rig.sink(echo: true)
            let source = try rig.source()
            try rig.warmUp(source, sink)
            let report = try UDPLoad(perSecond: 2_000, size: 1_300, burst: 100).run(
                from: source, into: sink, seconds: 1)
            let answered = rig.answers(source, to: report)
            #expect(report.lost == 0 && report.strange == 0, "up: \(report); \(rig.words)")
            #expect(answered == report.sent, "down: \(answered) of \(report.sent); \(rig.words)")
        }

        @Test(arguments: Engine.available)
        func excludedInterfacesCarryNothing(engine: Engine) throws {
            let rig = try Rig(
                engine, links: Array(repeating: [.v4], count: 4), isOpaque: true,
                extra: "  excludedInterfaces: [c2, \"c[4-9]*\"]")
            let sink = try rig.sink()
            let source = try rig.source()
            let excluded = [rig.links[1], rig.links[3]]
            let before = try excluded.map { try rig.laboratory.received($0, .server) }
            try rig.warmUp(source, sink, over: [rig.links[0], rig.links[2]])
            let report = try UDPLoad(perSecond: 1_000, size: 500).run(from: source, into: sink, seconds: 0.3)
            #expect(report.lost == 0 && report.duplicates == report.sent, "two links: \(report); \(rig.words)")
            for (link, before) in zip(excluded, before) {
                // A neighbour solicitation or two, but no copies.
                #expect(try rig.laboratory.received(link, .server) - before < 10, "\(link.name) carried; \(rig.words)")
            }
        }

        @Test(arguments: Engine.available)
        func pathsExpireByThemselves(engine: Engine) throws {
            let rig = try Rig(engine, links: [[.v4], [.v4]], isOpaque: true, serverExtra: "  clientTimeout: 1")
            let sink = try rig.sink()
            let source = try rig.source()
            try rig.warmUp(source, sink)
            source.send(LoadDatagram.make(number: 1, size: 100, nanoseconds: 0))
            let heard = try #require(sink.waitForArrival(seconds: 2) { $0.number == 1 }, rig.words)
            func answer(_ number: UInt64) -> Bool {
                sink.send(LoadDatagram.make(number: number, size: 100, nanoseconds: 0), to: heard.source)
                return source.waitForArrival(seconds: 0.4) { $0.number == number } != nil
            }
            #expect(answer(2), "a fresh path is answered; \(rig.words)")
            Monotonic.sleep(seconds: 2.2)
            #expect(!answer(3), "an expired path is not; \(rig.words)")
            try rig.warmUp(source, sink)
            #expect(answer(4), "a path that is heard again is; \(rig.words)")
        }

        @Test(arguments: Engine.available)
        func twentyLinksAllCarry(engine: Engine) throws {
            let rig = try Rig(engine, links: Array(repeating: [.v4], count: 20), isOpaque: true)
            let sink = try rig.sink(echo: true)
            let source = try rig.source()
            try rig.warmUp(source, sink, seconds: 10)
            let report = try UDPLoad(perSecond: 200, size: 1_000).run(from: source, into: sink, seconds: 0.5)
            #expect(report.lost == 0 && report.duplicates == 19 * report.sent, "\(report); \(rig.words)")
        }

        /// Addresses that no longer answer cost the server's kernel a queue each, while it asks for their neighbour;
        /// what waits there is charged to the socket it was sent from.
        @Test(arguments: Engine.available)
        func pathsWithoutNeighboursStarveNobody(engine: Engine) throws {
            let rig = try Rig(engine, isOpaque: true, neighbourQueueBytes: nil)
            let sink = try rig.sink(echo: true)
            let source = try rig.source()
            try rig.warmUp(source, sink)
            for link in rig.links + rig.links {
                try link.changeAddress()
                try rig.warmUp(source, sink)
            }
            for link in rig.links { try run(["ip", "neigh", "flush", "dev", link.farName], in: rig.laboratory.server) }
            let report = try UDPLoad(perSecond: 1_500, size: 1_200).run(from: source, into: sink, seconds: 2)
            let answered = rig.answers(source, to: report)
            let queued = try rig.laboratory.server.udpSockets().filter { $0.port == Laboratory.serverPort }
            print(
                """
                \(engine): six paths without neighbours beside three live ones: \(answered) of \(report.sent) \
                answered, \(queued.map(\.sendQueue)) bytes wait in the server's socket
                """)
            #expect(report.lost == 0, "up: \(report); \(rig.words)")
            #expect(answered == report.sent, "down: \(answered) of \(report.sent); \(rig.words)")
        }

        @Test(arguments: Engine.available)
        func aNetlinkOverrunLosesNoLink(engine: Engine) throws {
            let rig = try Rig(engine, isOpaque: true)
            let sink = try rig.sink()
            let source = try rig.source()
            try rig.warmUp(source, sink)
            rig.client.program.signal(SIGSTOP)
            defer { rig.client.program.signal(SIGCONT) }
            // One address that comes and goes: many notifications, little to know.
            let folder = try TemporaryFolder()
            let storm = try folder.write(
                String(
                    repeating: "address add 192.168.0.1/32 dev lo\naddress del 192.168.0.1/32 dev lo\n",
                    count: 10_000),
                to: "storm")
            try run(["ip", "-batch", storm], in: rig.laboratory.client)
            try rig.links[0].down()
            try rig.links[1].changeAddress()
            try rig.links[2].remove()
            try rig.links[2].recreate()
            let moment = Monotonic.nanoseconds
            let busy = rig.client.program.processorSeconds
            rig.client.program.signal(SIGCONT)
            try rig.warmUp(source, sink, seconds: 30)
            print(
                """
                \(engine): after 20,000 unread netlink messages every link carries within \
                \(fixed(Double(Monotonic.nanoseconds - moment) / 1e6)) ms, processor time \
                \(fixed(rig.client.program.processorSeconds - busy, 2)) s
                """)
            let report = try UDPLoad(perSecond: 500, size: 300).run(from: source, into: sink, seconds: 0.4)
            #expect(report.lost == 0, rig.words)
            try rig.links[0].up()
            try rig.warmUp(source, sink)
        }
    }
}
