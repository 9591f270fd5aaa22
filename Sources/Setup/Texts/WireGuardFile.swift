// SPDX-License-Identifier: GPL-2.0-or-later

internal import Settings

/// The texts of `/etc/wireguard/engarde0.conf`, as wg-quick reads it.
enum WireGuardFile {
    /// Begins each peer: behind it WireGuard takes changes in as it runs.
    static let peer = "[Peer]"

    static func server(_ answers: ServerAnswers, privateKey: String, mtu: Int, clients: [ClientBundle]) -> String {
        heading("setup server") + """
            [Interface]
            PrivateKey = \(privateKey)
            Address = \(answers.network.addressesWithLength(1).joined(separator: ", "))
            ListenPort = \(answers.wireGuardPort)
            MTU = \(mtu)

            """
            + clients.map(peer).joined()
    }

    private static func peer(_ client: ClientBundle) -> String {
        """

        \(peer)
        # \(client.name)
        PublicKey = \(client.publicKey)
        PresharedKey = \(client.presharedKey)
        AllowedIPs = \(client.addresses.map(single).joined(separator: ", "))

        """
    }

    /// Takes clients out of a server's file, and new ones in, and leaves the rest as a user has made it.
    static func amended(_ text: String, removed: [String], added: [ClientBundle]) -> String {
        var sections: [[Substring]] = [[]]
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if String(line).trimmed.hasPrefix("[") { sections.append([]) }
            sections[sections.count - 1].append(line)
        }
        func key(_ section: [Substring]) -> String? { value("publickey", in: section) }
        sections.removeAll { section in key(section).map(removed.contains) ?? false }
        let known = Set(sections.compactMap(key))
        let rest = sections.joined().joined(separator: "\n")
        let peers = added.filter { !known.contains($0.publicKey) }.map(peer).joined()
        return rest + (rest.hasSuffix("\n") || peers.isEmpty ? "" : "\n") + peers
    }

    static func client(
        _ answers: ClientAnswers, _ bundle: ClientBundle, privateKey: String, mtu: Int, takesNames: Bool
    ) -> String {
        let networks = bundle.addresses.compactMap { AddressText.network($0) }
        let allowed = answers.fullTunnel ? ["0.0.0.0/0", "::/0"] : networks
        let dns = answers.fullTunnel && takesNames && !bundle.dns.isEmpty
        return heading("setup client") + """
            [Interface]
            PrivateKey = \(privateKey)
            Address = \(bundle.addresses.joined(separator: ", "))
            MTU = \(mtu)
            \(dns ? "DNS = \(bundle.dns.joined(separator: ", "))\n" : "")
            \(peer)
            PublicKey = \(bundle.serverPublicKey)
            PresharedKey = \(bundle.presharedKey)
            # engarde-client on this machine, which sends every datagram over every link.
            Endpoint = 127.0.0.1:\(answers.listenPort)
            AllowedIPs = \(allowed.joined(separator: ", "))
            PersistentKeepalive = 25

            """
    }

    private static func single(_ address: String) -> String {
        "\(address.prefix { $0 != "/" })/\(address.contains(":") ? 128 : 32)"
    }

    /// The private key in a file written before; nil when there is none.
    static func privateKey(in text: String) -> String? {
        value("privatekey", in: text.split(separator: "\n"))
    }

    private static func value(_ name: String, in lines: [Substring]) -> String? {
        for line in lines {
            let parts = line.split(separator: "=", maxSplits: 1).map { String($0).trimmed }
            if parts.count == 2, parts[0].lowercased() == name, !parts[1].isEmpty { return parts[1] }
        }
        return nil
    }
}
