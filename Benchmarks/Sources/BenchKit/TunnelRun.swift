// SPDX-License-Identifier: GPL-2.0-or-later

internal import Support

/// TCP through a real WireGuard tunnel, over engarde and straight.
package struct TunnelRun: Codable, Sendable {
    package let variant: String
    package let repetition: Int
    /// Mbit/s over one link without engarde.
    package let straight: Double
    /// Mbit/s over three links with it.
    package let relayed: Double
    package let retransmissions: Int
    /// Whose WireGuard it was.
    package let kind: String
    package var share: Double { relayed / straight }
}

/// What TCP reaches through WireGuard without engarde.
package struct StraightTunnel: Sendable {
    fileprivate let megabitsPerSecond: Double
    fileprivate let kind: String
}

extension Bench {
    /// Over one link. Both ends of WireGuard and iperf3 share the load's core, here and through the relays.
    package func straightTunnel(seconds: Int) throws -> StraightTunnel {
        let (result, kind) = try stream(
            try laboratory(links: Plan.links), endpoint: "\(Laboratory.serverV4):\(Laboratory.wireGuardPort)",
            seconds: seconds)
        return StraightTunnel(megabitsPerSecond: result.megabitsPerSecond, kind: kind)
    }

    /// Through a variant's relays, which have a core of theirs.
    ///
    /// - Parameter straight: measured just before.
    package func tunnel(
        _ variant: Variant, repetition: Int, straight: StraightTunnel, seconds: Int
    ) throws -> TunnelRun {
        let laboratory = try laboratory(links: Plan.links)
        let relays = try Relays(variant, in: laboratory, cores: cores)
        defer { relays.stop() }
        let (relayed, _) = try stream(laboratory, endpoint: "127.0.0.1:\(Laboratory.clientPort)", seconds: seconds)
        try relays.check()
        return TunnelRun(
            variant: variant.name, repetition: repetition, straight: straight.megabitsPerSecond,
            relayed: relayed.megabitsPerSecond, retransmissions: relayed.retransmissions, kind: straight.kind)
    }

    private func stream(
        _ laboratory: Laboratory, endpoint: String, seconds: Int
    ) throws -> (Iperf.Result, String) {
        let tunnel = try WireGuardTunnel(laboratory, endpoint: endpoint)
        defer { tunnel.stop() }
        try tunnel.waitUntilReady()
        let iperf = try Iperf(
            from: laboratory.client, to: laboratory.server, address: WireGuardTunnel.serverAddress,
            megabits: 0,
            seconds: seconds)
        _ = Monotonic.wait(seconds: Double(seconds) + 10) { !iperf.isRunning }
        guard let result = iperf.stop() else {
            throw LaboratoryFailure("iperf3 gave no result over \(endpoint)")
        }
        return (result, tunnel.kind)
    }
}
