// SPDX-License-Identifier: GPL-2.0-or-later

import Support
import Testing

/// Several clients with our program and real WireGuard each, and one server with one of both.
final class Crowd {
    let laboratory: Laboratory
    let server: Engarde
    let clients: [Engarde]
    let star: WireGuardStar
    /// One for each client, on its links from before the first handshake.
    let recorders: [HandshakeRecorder]

    init(_ engine: Engine, clients count: Int, links: Int, serverExtra: String = "", extra: String = "") throws {
        let laboratory = try Laboratory(links: Array(repeating: [.v4], count: links), clients: count)
        self.laboratory = laboratory
        recorders = try (0..<count).map { try HandshakeRecorder(laboratory.links(ofClient: $0)) }
        server = try Engarde(
            .server, path: Rig.path(.server), in: laboratory, engine: engine.rawValue, extra: serverExtra)
        clients = try (0..<count).map {
            try Engarde(
                .client, path: Rig.path(.client), in: laboratory, client: $0, engine: engine.rawValue, extra: extra)
        }
        star = try WireGuardStar(laboratory, endpoint: "127.0.0.1:\(Laboratory.clientPort)")
        try star.waitUntilReady()
    }

    deinit {
        star.stop()
        recorders.forEach { $0.stop() }
    }

    /// A ping from every client to the server, every 10 ms unless said otherwise.
    func pingers(interval: Double = 0.01) throws -> [Pinger] {
        try laboratory.clients.map { try Pinger(in: $0, to: WireGuardStar.serverAddress, interval: interval) }
    }

    /// Holds that each client was sent nothing but what was for it.
    func expectNobodyHeardOthers(_ comment: Comment) {
        for (index, recorder) in recorders.enumerated() {
            let record = recorder.record
            let foreign = record.downlinkReceivers.filter { !record.clientIndices.contains($0.key) }
            #expect(
                foreign.isEmpty,
                "client \(index) was sent \(foreign.values.reduce(0, +)) datagrams of others; \(comment)")
            let strange = record.uplinkReceivers.filter { !record.serverIndices.contains($0.key) }
            #expect(strange.isEmpty, "client \(index) sends to indices nobody gave it: \(strange); \(comment)")
            #expect(record.foreign == 0, "client \(index): \(record.foreign) datagrams are not WireGuard's; \(comment)")
        }
    }

    /// What all programs said last, for a failure's comment.
    var words: Comment {
        Comment(
            rawValue: (clients + [server]).enumerated().map { index, engarde in
                "engarde-\(engarde.end) \(index):\n"
                    + engarde.program.lines.suffix(6).map(\.text).joined(separator: "\n")
            }.joined(separator: "\n"))
    }
}
