// SPDX-License-Identifier: GPL-2.0-or-later

internal import Host
internal import Settings
internal import Status

/// WireGuard's handshakes are taken.
enum HandshakeCheck: Check {
    static let name = "handshake-refused"

    static func findings(_ facts: Facts) -> [Finding] { client(facts) + server(facts) }

    /// Something comes from the server, and still there is no session.
    private static func client(_ facts: Facts) -> [Finding] {
        guard let silence = facts.clientStatus?.serverLastReceivedSeconds, silence < 60 else { return [] }
        let peers = facts.ownPeers.map(\.peer)
        guard !peers.isEmpty else { return [] }
        let ages = peers.compactMap(\.lastHandshake).map { facts.now - Double($0) }
        guard let age = ages.min(), age <= ProgramStatus.silenceLimitSeconds else {
            let limit = Int(ProgramStatus.silenceLimitSeconds)
            return [
                Finding(
                    name, .fail, "the server's machine answers, and WireGuard has had no handshake for \(limit) s",
                    Repair([], "compare the keys at both ends: wg show"))
            ]
        }
        return ok("the last handshake was \(Int(max(0, age))) s ago")
    }

    /// Handshakes arrive, and WireGuard answers none.
    private static func server(_ facts: Facts) -> [Finding] {
        guard let status = facts.serverStatus, facts.server?.trafficProtocol == .wireguard else { return [] }
        let proven = status.sessions.filter(\.isProven)
        guard proven.isEmpty, status.unprovenSessions > 0 else {
            return proven.isEmpty ? [] : ok("clients have sessions")
        }
        return [
            Finding(
                name, .fail, "handshakes arrive, and WireGuard answers none of them",
                Repair(
                    [],
                    "compare the keys at both ends: wg show; on the client the server's public key, here the client's"))
        ]
    }
}
