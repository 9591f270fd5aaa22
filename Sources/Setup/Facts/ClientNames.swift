// SPDX-License-Identifier: GPL-2.0-or-later

public import Host
internal import Settings

/// The names of a server's clients, as their bundles have them.
public enum ClientNames {
    /// Returns them by the port from which engarde-server speaks to WireGuard for a client, which is its peer's
    /// endpoint there. Empty for users who may not know, and on a machine that setup has not made a server.
    public static func byPort(_ host: Host) async -> [UInt16: String] {
        guard let clients = try? ServerClients.all(host), !clients.isEmpty else { return [:] }
        var names: [UInt16: String] = [:]
        for peer in (try? await TunnelPeers.all(host)) ?? [] {
            guard let port = peer.endpoint?.split(separator: ":").last.flatMap({ UInt16($0) }),
                let client = clients.first(where: { $0.publicKey == peer.publicKey })
            else { continue }
            names[port] = client.name
        }
        return names
    }
}
