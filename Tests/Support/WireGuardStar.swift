// SPDX-License-Identifier: GPL-2.0-or-later

import Glibc

/// Real WireGuard tunnels from every client of a laboratory to its one server: one peer a client there.
public final class WireGuardStar {
    public static let serverAddress = WireGuardTunnel.serverAddress

    public let server: WireGuardEnd
    public let clients: [WireGuardEnd]

    /// The address of a client inside the tunnels, counted from 0.
    public static func address(ofClient index: Int) -> String { "10.200.0.\(101 + index)" }

    /// - Parameter endpoint: where each client's WireGuard sends, `host:port`.
    public init(_ laboratory: Laboratory, endpoint: String) throws {
        server = try WireGuardEnd(
            in: laboratory.server, label: "s", address: "\(Self.serverAddress)/24", port: Laboratory.wireGuardPort)
        clients = try laboratory.clients.enumerated().map { index, namespace in
            try WireGuardEnd(in: namespace, label: "c", address: "\(Self.address(ofClient: index))/24")
        }
        for (index, client) in clients.enumerated() {
            try client.meet(server.publicKey, allowed: "\(Self.serverAddress)/32", endpoint: endpoint)
            try server.meet(client.publicKey, allowed: "\(Self.address(ofClient: index))/32")
        }
    }

    /// Waits until a ping of every client gets through.
    public func waitUntilReady(seconds: Double = Patience.seconds) throws {
        let deadline = Monotonic.deadline(seconds: seconds)
        for client in clients {
            let ready = Monotonic.wait(seconds: Double(deadline - Monotonic.nanoseconds) / 1e9) {
                (try? run(["ping", "-n", "-c1", "-W1", Self.serverAddress], in: client.namespace)) != nil
            }
            guard ready else {
                let state = (try? client.show()) ?? "unknown"
                throw LaboratoryFailure("no ping through a tunnel in \(seconds) s; that client's WireGuard: \(state)")
            }
        }
    }

    /// Datagrams the WireGuards' own sockets threw away, see ``WireGuardEnd/drops()``.
    public func drops() throws -> Int { try (clients + [server]).reduce(0) { $0 + (try $1.drops()) } }

    public func stop() {
        for client in clients { client.stop() }
        server.stop()
    }
}
