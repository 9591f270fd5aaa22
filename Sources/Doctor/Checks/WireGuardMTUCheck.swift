// SPDX-License-Identifier: GPL-2.0-or-later

internal import Host
internal import Links
internal import Settings
internal import Sockets

/// Packets in the tunnel fit the links.
enum WireGuardMTUCheck: Check {
    static let name = "wireguard-mtu"

    static func findings(_ facts: Facts) -> [Finding] {
        let names = Set(facts.tunnels.map(\.name))
        let tunnels = facts.interfaces.filter { names.contains($0.name) }
        let links = facts.carrying.filter { !names.contains($0.name) }.compactMap { link in
            facts.interfaces.first { $0.name == link.name }.map {
                ("link \(link.name)", $0.mtu, link.source?.family ?? .v4)
            }
        }
        guard let limit = facts.client == nil ? TunnelMTU.ofThePublicInternet : TunnelMTU(links: links),
            !tunnels.isEmpty
        else {
            return []
        }
        let tooLarge = tunnels.filter { $0.mtu > limit.largestPacket }
        guard !tooLarge.isEmpty else {
            return ok("\(tunnels.map { "\($0.name) has \($0.mtu)" }.joined(separator: ", "))")
        }
        return tooLarge.map { tunnel in
            Finding(
                name, .warn,
                "\(tunnel.name) has an MTU of \(tunnel.mtu), and \(limit.linkName) carries \(limit.largestPacket) bytes of it in one piece",
                Repair(
                    [Command("ip", "link", "set", "mtu", "\(limit.advised)", "dev", tunnel.name)],
                    "for good MTU = \(limit.advised) in /etc/wireguard/\(tunnel.name).conf"))
        }
    }
}
