// SPDX-License-Identifier: GPL-2.0-or-later

import Support
import Testing

extension Integration {
    /// A stranger who can reach the server, has listened on the wire, and sends as fast as the server reads.
    @Suite struct AttackTests {
        @Test(arguments: Engine.available)
        func aMillionHostileDatagramsCostNothing(engine: Engine) throws {
            let scene = try AttackScene(engine)
            let server = scene.crowd.server.program
            let before = server.residentKibibytes
            let descriptors = server.openDescriptors
            let start = scene.pinger.mark()
            var sent = 0
            var memories: [Int] = []
            for hostility in scene.hostilities {
                let (report, tally) = try scene.flood(hostility)
                sent += report.sent
                memories.append(server.residentKibibytes)
                print(
                    """
                    \(engine): \(report); pings lost \(tally.lost) of \(tally.sent); memory \
                    \(server.residentKibibytes) KiB
                    """)
                #expect(tally.lost == 0, "\(hostility): \(tally); \(scene.crowd.words)")
                #expect(
                    scene.attacker.worstExcessBytes <= 0,
                    "\(hostility): a source got \(scene.attacker.worstExcessBytes) bytes more than it sent")
            }
            // Traffic that would reach a stranger who became a path.
            scene.attacker.listen(seconds: 1)
            let tally = scene.pinger.settled(from: start, to: scene.pinger.mark())
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
            let scene = try AttackScene(engine, serverExtra: "  maxSessions: 4\n")
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
                    hostility: hostility, seconds: 2, pause: { try scene.crowd.laboratory.waitForServerToRead() })
                let tally = scene.pinger.settled(from: mark, to: scene.pinger.mark())
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
            let scene = try AttackScene(Engine.available[0], serverExtra: Engarde.webManager)
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
            let scene = try AttackScene(engine)
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
        return (try? reach(WireGuardStar.serverAddress, from: laboratory.client)) != nil
    }
}
