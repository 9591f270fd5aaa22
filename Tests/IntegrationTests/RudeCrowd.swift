// SPDX-License-Identifier: GPL-2.0-or-later

import Support

/// A ``WebCrowd`` and, besides, 50 connections that say half a request and 10 that do not read what they asked for.
final class RudeCrowd {
    private let crowd: WebCrowd
    private let rude: [TCPEnd]

    init(clients: Int, at namespace: Namespace, isIdle: Bool = false) throws {
        crowd = WebCrowd(clients: clients, at: namespace, isIdle: isIdle)
        rude = try (0..<60).map { try Self.rudeConnection($0, in: namespace) }
    }

    var answered: Int { crowd.answered }

    func stop() -> (answered: Int, failed: Int) {
        defer { withExtendedLifetime(rude) {} }
        return crowd.stop()
    }

    private static func rudeConnection(_ index: Int, in namespace: Namespace) throws -> TCPEnd {
        guard index < 10 else {
            let half = try TCPEnd(in: namespace, to: Engarde.webPort, from: "127.0.0.2")
            half.send("GET /api/v2/status HTTP/1.1\r\nHost: 127")
            return half
        }
        let slow = try TCPEnd(in: namespace, to: Engarde.webPort, from: "127.0.0.3", receiveBytes: 4_096)
        slow.send(String(repeating: "GET /client.js HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", count: 200))
        return slow
    }
}
