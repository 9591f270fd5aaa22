// SPDX-License-Identifier: GPL-2.0-or-later

import Glibc
import Sockets
import Support
import Testing

extension Integration {
    /// Numbered datagrams in WireGuard's place, where what counts is which copy took how long.
    @Suite struct FanOutTests {
        /// A link that takes 8 datagrams a second and holds 20 more: whoever waited for it would take minutes, and
        /// would lose no copy on it.
        @Test(arguments: Engine.available)
        func aSlowLinkIsNotWaitedFor(engine: Engine) throws {
            let rig = try Rig(engine, isOpaque: true)
            let sink = try rig.sink()
            let source = try rig.source()
            try rig.warmUp(source, sink)
            let ports = try rig.linkPorts()
            let load = UDPLoad(perSecond: 1_000, size: 1_000)
            let before = try load.run(from: source, into: sink, seconds: 1, copies: 3)
            #expect(before.lost == 0 && before.duplicates == 2 * before.sent, "\(before); \(rig.words)")
            try rig.links[0].shape(kbit: 64)
            let shaped = try load.run(from: source, into: sink, seconds: 4, first: 1_000_000, copies: 2)
            #expect(shaped.lost == 0, "\(shaped); \(rig.words)")
            let slow = shaped.duplicates - shaped.sent
            #expect(0..<shaped.sent / 2 ~= slow, "\(slow) copies by the slow link of \(shaped); \(rig.words)")
            try rig.links[0].unshape()
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
                    // One after the other: the kernel holds but few fragments for reassembly.
                    _ = source.wait { $0.count > number }
                }
                // Each comes by three links, and each of those is answered over three.
                _ = sink.wait { $0.count >= 60 } && source.wait { $0.count >= 180 }
                func whole(_ arrivals: [UDPEnd.Arrival]) -> Int {
                    let right = arrivals.filter {
                        $0.length == size && ($0.number != nil || size < LoadDatagram.headerSize)
                    }
                    return size < LoadDatagram.headerSize ? min(20, right.count) : Set(right.map(\.number)).count
                }
                #expect(whole(sink.arrivals) == 20, "\(size) bytes up")
                #expect(whole(source.arrivals) == 20, "\(size) bytes down")
                #expect(sink.arrivals.allSatisfy { $0.length == size }, "cut or joined at \(size) bytes")
            }
        }

        @Test(arguments: Engine.available)
        func linksLeaveAndJoin(engine: Engine) throws {
            let reactions = try LinkReactions(engine, rounds: 5, linkSource: "netlink")
            #expect(reactions.lost == 0 && reactions.left.count == 5 && reactions.joined.count == 5)
        }

        @Test func polledLinksLeaveAndJoin() throws {
            let reactions = try LinkReactions(Engine.available[0], rounds: 3, linkSource: "polling")
            #expect(reactions.lost == 0 && reactions.left.count == 3 && reactions.joined.count == 3)
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
            // Counted one by one, whatever was handed over in one piece.
            try link.sendWholeFrames()
            try link.mtu(600)
            let small = try load.run(from: source, into: sink, seconds: 0.5)
            #expect(small.lost == 0, "with an MTU of 600: \(small)")
            try link.mtu(1_500)
            try link.loseRoute()
            let lost = try load.run(from: source, into: sink, seconds: 0.5, first: 10_000)
            #expect(lost.lost == 0, "without a route: \(lost)")
            let moment = Monotonic.nanoseconds
            try link.configureClient()
            _ = try rig.client.program.waitForLine(seconds: Patience.seconds, after: moment) {
                $0.contains("link c1: carries")
            }
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
            let settled = Monotonic.wait {
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
                let report = try UDPLoad(perSecond: 500, size: 300).run(
                    from: source, into: sink, seconds: 0.4, echo: source)
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
            let rig = try Rig(
                engine, links: [[.v4], [.v4]], isOpaque: true, serverExtra: "  clientTimeout: 3600\n")
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
            try rig.laboratory.waitForServerToRead(downTo: 0)
            let after = rig.server.program.residentKibibytes
            #expect(taken > 90_000)
            #expect(after - before < 32_768, "\(before) KiB before, \(after) KiB after")
            #expect(rig.server.program.openDescriptors == descriptors)
            source.forget()
            sink.forget()
            let report = try UDPLoad(perSecond: 500, size: 300).run(
                from: source, into: sink, seconds: 1, echo: source)
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
                from: source, into: sink, seconds: 1, echo: source)
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
            let report = try UDPLoad(perSecond: 1_000, size: 500).run(
                from: source, into: sink, seconds: 0.3, copies: 2)
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
            let heard = try #require(sink.waitForArrival { $0.number == 1 }, rig.words)
            func answer(_ number: UInt64) -> Bool {
                sink.send(LoadDatagram.make(number: number, size: 100, nanoseconds: 0), to: heard.source)
                return source.waitForArrival(seconds: 0.4) { $0.number == number } != nil
            }
            /// A path that is heard while it is looked at: on a busy machine a second is soon over.
            func isAnswered(from first: UInt64) -> Bool {
                var number = first
                return Monotonic.wait {
                    source.send(LoadDatagram.make(number: 1, size: 100, nanoseconds: 0))
                    number += 1
                    return answer(number)
                }
            }
            // One that has answered is remembered; this one was never spoken to.
            Monotonic.sleep(seconds: 2.2)
            #expect(!answer(3), "an expired path is not answered; \(rig.words)")
            #expect(isAnswered(from: 2_000), "a path that is heard again is; \(rig.words)")
        }

        @Test(arguments: Engine.available)
        func twentyLinksAllCarry(engine: Engine) throws {
            let rig = try Rig(engine, links: Array(repeating: [.v4], count: 20), isOpaque: true)
            let sink = try rig.sink(echo: true)
            let source = try rig.source()
            try rig.warmUp(source, sink)
            // Each makes 20 copies up and 400 answers down, so one at a time.
            let report = try UDPLoad(perSecond: 200, size: 1_000, window: 1).run(
                from: source, into: sink, seconds: 0.5, copies: 20)
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
            let report = try UDPLoad(perSecond: 1_500, size: 1_200).run(
                from: source, into: sink, seconds: 2, echo: source)
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
            try rig.warmUp(source, sink)
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
