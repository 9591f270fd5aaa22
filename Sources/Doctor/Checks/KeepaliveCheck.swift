// SPDX-License-Identifier: GPL-2.0-or-later

internal import Host
internal import Settings

/// Something is always under way, so that a link which has died is noticed.
enum KeepaliveCheck: Check {
    static let name = "keepalive"

    static func findings(_ facts: Facts) -> [Finding] {
        guard facts.client != nil else { return [] }
        let pairs = facts.ownPeers
        let silent = pairs.filter { $0.peer.keepalive == nil }
        guard !silent.isEmpty else {
            return pairs.isEmpty ? [] : ok("every \(pairs.compactMap(\.peer.keepalive).max()!) s")
        }
        return silent.map { device, peer in
            Finding(
                name, .warn, "\(device.name) is silent when there is nothing to send: the server forgets the links",
                Repair(
                    [Command("wg", "set", device.name, "peer", peer.publicKey, "persistent-keepalive", "25")],
                    "for good PersistentKeepalive = 25 in /etc/wireguard/\(device.name).conf"))
        }
    }
}
