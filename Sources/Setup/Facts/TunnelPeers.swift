// SPDX-License-Identifier: GPL-2.0-or-later

public import Host

/// The peers of the tunnel that setup makes.
public enum TunnelPeers {
    /// Reads them; there are none where there is no such tunnel.
    ///
    /// - Throws: when `wg` is missing or refuses.
    public static func all(_ host: Host) async throws(HostFailure) -> [WireGuardDevice.Peer] {
        try await WireGuardDevice.all(host).first { $0.name == Places.tunnel }?.peers ?? []
    }
}
