// SPDX-License-Identifier: GPL-2.0-or-later

import Support
import Testing

extension Integration {
    /// A stranger who can reach the server, has listened on the wire, and sends as fast as it can.
    @Suite struct AttackTests {
        /// A client with two links and real WireGuard, pings both big and small, and an attacker that knows its
        /// handshakes and indices.
        private final class Scene {
            let crowd: Crowd
            let attacker: Attacker
            let pinger: Pinger

            init(_ engine: Engine, serverExtra: String = "") throws {
                crowd = try Crowd(engine, clients: 1, links: 2, serverExtra: serverExtra)
                attacker = try Attacker(in: crowd.laboratory)
                pinger = try Pinger(in: crowd.laboratory.client, to: WireGuardStar.serverAddress, interval: 0.005)
                // What is replayed is to be older than any memory of it.
                Monotonic.sleep(seconds: 2.5)
            }

            deinit { pinger.stop() }

            var hostilities: [Hostility] {
                let record = crowd.recorders[0].record
                return [
                    .random, .shaped, .replayed(record.handshakes(olderThan: 2)),
                    .forged(receivers: Array(record.serverIndices), counter: record.counters.values.max() ?? 0),
                    .misshapen,
                ]
            }

            /// 200,000 of them at full speed, and what became of the pings meanwhile.
            func flood(_ hostility: Hostility) throws -> (FloodReport, PingTally) {
                let mark = pinger.mark()
                let report = try attacker.flood(hostility, count: 200_000, secondsMax: 4)
                Monotonic.sleep(seconds: 0.6)
                return (report, pinger.tally(from: mark, to: pinger.mark(secondsAgo: 0.4)))
            }

            /// Datagrams the server's kernel had to throw away because our program did not keep up.
            func kernelDrops() throws -> Int {
                try crowd.laboratory.server.udpSockets()
                    .filter { $0.port == Laboratory.serverPort }.reduce(0) { $0 + $1.drops }
            }
        }

        @Test(arguments: Engine.available)
        func aMillionHostileDatagramsCostNothing(engine: Engine) throws {
            let scene = try Scene(engine)
            let server = scene.crowd.server.program
            let before = server.residentKibibytes
            let descriptors = server.openDescriptors
            let start = scene.pinger.mark()
            var sent = 0
            var memories: [Int] = []
            for hostility in scene.hostilities {
                // Attacker, both ends, their WireGuards and the machine's other work share its processors: what is lost
                // while the server had none is lost for another reason, and not again.
                for attempt in 1...3 {
                    let drops = try scene.kernelDrops()
                    let (report, tally) = try scene.flood(hostility)
                    let starved = try scene.kernelDrops() - drops
                    sent += attempt == 1 ? report.sent : 0
                    memories.append(server.residentKibibytes)
                    print(
                        """
                        \(engine): \(report); pings lost \(tally.lost) of \(tally.sent), longest gap \
                        \(fixed(tally.longestGapMilliseconds)) ms; server's kernel dropped \
                        \(starved), WireGuard's sockets \
                        \(try scene.crowd.star.drops()) so far; memory \(server.residentKibibytes) KiB
                        """)
                    if tally.lost > 0 && starved > 0 && attempt < 3 { continue }
                    #expect(tally.lost == 0, "\(hostility): \(tally); \(scene.crowd.words)")
                    break
                }
                #expect(
                    scene.attacker.worstExcessBytes <= 0,
                    "\(hostility): a source got \(scene.attacker.worstExcessBytes) bytes more than it sent")
            }
            // Traffic that would reach a stranger who became a path.
            scene.attacker.listen(seconds: 1)
            let tally = scene.pinger.tally(from: start, to: scene.pinger.mark(secondsAgo: 0.2))
            let (received, given) = (
                scene.attacker.receivedBytes.reduce(0, +), scene.attacker.sentBytes.reduce(0, +)
            )
            print("\(engine): \(sent) in all, \(given) bytes sent, \(received) received; \(tally)")
            #expect(sent == 1_000_000)
            #expect(scene.attacker.worstExcessBytes <= 0)
            #expect(server.status == nil, scene.crowd.words)
            // Tables have their size from the start and are touched when first used: they fill, and then nothing grows.
            let words: Comment = "memory: \(before) KiB before, then \(memories)"
            #expect((memories.last ?? 0) - before < 16_384 && (memories.last ?? 0) > 0, words)
            #expect((memories.last ?? 0) - memories[1] < 2_048, words)
            // Provisional sessions have a socket each, and are few.
            let open = server.openDescriptors
            #expect(open <= descriptors + 64, "descriptors: \(descriptors) before, \(open) after")
            let late = try scene.crowd.clientIsServed()
            #expect(late, "a new handshake does not get through; \(scene.crowd.words)")
        }

        /// Strangers by the ten thousand fill tables; those who live in them stay.
        @Test(arguments: Engine.available)
        func strangersFromEverywhereDisplaceNobody(engine: Engine) throws {
            let scene = try Scene(engine, serverExtra: "  maxSessions: 4\n")
            let record = scene.crowd.recorders[0].record
            let hostilities: [Hostility] = [
                .shaped, .replayed(record.handshakes(olderThan: 2)),
                .forged(receivers: Array(record.serverIndices), counter: record.counters.values.max() ?? 0),
            ]
            let memory = scene.crowd.server.program.residentKibibytes
            for hostility in hostilities {
                let mark = scene.pinger.mark()
                let taken = try SpoofedFlood.run(
                    in: scene.attacker.namespace, to: (Laboratory.serverV4, Laboratory.serverPort), count: 20_000,
                    hostility: hostility, seconds: 2)
                Monotonic.sleep(seconds: 0.4)
                let tally = scene.pinger.tally(from: mark, to: scene.pinger.mark(secondsAgo: 0.2))
                print("\(engine): \(taken) sources, \(hostility): \(tally)")
                #expect(taken == 20_000)
                #expect(tally.lost == 0, "\(hostility): \(tally); \(scene.crowd.words)")
            }
            let grown = scene.crowd.server.program.residentKibibytes - memory
            #expect(scene.crowd.server.program.status == nil, scene.crowd.words)
            #expect(grown < 16_384, "grown by \(grown) KiB")
            let isServed = try scene.crowd.clientIsServed()
            #expect(isServed, "a new handshake does not get through; \(scene.crowd.words)")
        }

        /// Each stranger is counted while it waits, and has no name in what Prometheus keeps.
        @Test func strangersWriteNoTimeSeries() throws {
            let scene = try Scene(Engine.available[0], serverExtra: Engarde.webManager)
            let server = scene.crowd.server
            try server.waitForStatus()
            func lines() throws -> [Substring] {
                try httpGet("/metrics", port: Engarde.webPort, in: server.namespace).split(separator: "\n")
            }
            func series(_ lines: [Substring]) -> Set<Substring> {
                Set(lines.filter { !$0.hasPrefix("#") }.map { $0[..<($0.lastIndex(of: " ") ?? $0.endIndex)] })
            }
            func waiting(_ lines: [Substring]) -> Int {
                lines.first { $0.hasPrefix("engarde_unproven_sessions ") }.flatMap { Int($0.split(separator: " ")[1]) } ?? -1
            }
            // Quality comes with the second second.
            _ = try Monotonic.wait(seconds: 10) {
                try series(lines()).count { $0.hasPrefix("engarde_path_loss_ratio") } == 2
            }
            let before = series(try lines())
            try #require(before.count { $0.hasPrefix("engarde_path_loss_ratio") } == 2, "\(scene.crowd.words)")
            var (new, strangers, most) = (Set<Substring>(), 0, 0)
            for _ in 0..<5 {
                strangers += try SpoofedFlood.run(
                    in: scene.attacker.namespace, to: (Laboratory.serverV4, Laboratory.serverPort), count: 300,
                    hostility: .shaped, seconds: 0.5)
                let found = try lines()
                new.formUnion(series(found).subtracting(before))
                most = max(most, waiting(found))
            }
            print("\(strangers) strangers, \(most) waiting at most: \(before.count) series before, \(new.count) more")
            #expect(strangers == 1_500 && most > 0, scene.crowd.words)
            #expect(new.isEmpty, "\(new.sorted().prefix(5))")
        }

        /// One recorded handshake from another address must not subscribe that address to the tunnel.
        @Test(arguments: Engine.available)
        func aReplayedHandshakeSubscribesNobody(engine: Engine) throws {
            let scene = try Scene(engine)
            let record = scene.crowd.recorders[0].record
            let data: [UInt8]? = record.serverIndices.first.map { index in
                let receiver = (0..<4).map { UInt8(truncatingIfNeeded: index >> (8 * $0)) }
                return [4, 0, 0, 0] + receiver + Array(repeating: 1, count: 24)
            }
            var datagrams = record.handshakes(olderThan: 2)
            if let data { datagrams.append(data) }
            try #require(datagrams.count >= 3)
            for (port, bytes) in datagrams.prefix(16).enumerated() { scene.attacker.send(bytes, port: port) }
            // 200 pings a second come down the tunnel meanwhile.
            scene.attacker.listen(seconds: 2)
            let (sent, received) = (scene.attacker.sentBytes, scene.attacker.receivedBytes)
            print("\(engine): replayed from \(datagrams.count) ports: sent \(sent), received \(received) bytes")
            #expect(scene.attacker.worstExcessBytes <= 0, "\(received) for \(sent); \(scene.crowd.words)")
        }
    }
}

extension Crowd {
    /// Whether a client that forgot its session is answered again.
    fileprivate func clientIsServed() throws -> Bool {
        try star.clients[0].meetAgain(star.server.publicKey)
        return (try? run(["ping", "-n", "-c1", "-W5", WireGuardStar.serverAddress], in: laboratory.client)) != nil
    }
}
