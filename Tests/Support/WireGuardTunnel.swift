// SPDX-License-Identifier: GPL-2.0-or-later

import Glibc

/// A real WireGuard tunnel between the laboratory's two ends: the kernel's where it has one, else `wireguard-go`.
public final class WireGuardTunnel {
    public static let clientAddress = "10.200.0.1"
    public static let serverAddress = "10.200.0.2"
    /// What WireGuard's own default is over a 1,500-byte link; engarde adds no byte.
    public static let mtu = 1_420

    public let client: WireGuardEnd
    public let server: WireGuardEnd

    /// - Parameters:
    ///   - endpoint: where the client's WireGuard sends, `host:port`.
    ///   - keepalive: seconds between the client's keepalives, 0 for none.
    public init(_ laboratory: Laboratory, endpoint: String, keepalive: Int = 0) throws {
        client = try WireGuardEnd(in: laboratory.client, label: "c", address: "\(Self.clientAddress)/24")
        server = try WireGuardEnd(
            in: laboratory.server, label: "s", address: "\(Self.serverAddress)/24", port: Laboratory.wireGuardPort)
        try client.meet(
            server.publicKey, allowed: "\(Self.serverAddress)/32", endpoint: endpoint, keepalive: keepalive)
        try server.meet(client.publicKey, allowed: "\(Self.clientAddress)/32")
    }

    public var kind: String { client.isKernel ? "the kernel's WireGuard" : "wireguard-go" }

    /// Waits until a ping gets through and returns how long that took, in milliseconds.
    @discardableResult
    public func waitUntilReady(seconds: Double = Patience.seconds) throws -> Double {
        let start = Monotonic.nanoseconds
        let ready = Monotonic.wait(seconds: seconds) {
            (try? run(["ping", "-n", "-c1", "-W1", Self.serverAddress], in: client.namespace)) != nil
        }
        guard ready else {
            let state = (try? client.show()) ?? "unknown"
            throw LaboratoryFailure("no ping through the tunnel in \(seconds) s; the client's WireGuard: \(state)")
        }
        return Double(Monotonic.nanoseconds - start) / 1e6
    }

    public func stop() {
        client.stop()
        server.stop()
    }
}
