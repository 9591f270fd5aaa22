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
            + clients.map { client in
                """

                \(peer)
                # \(client.name)
                PublicKey = \(client.publicKey)
                PresharedKey = \(client.presharedKey)
                AllowedIPs = \(client.addresses.map(single).joined(separator: ", "))

                """
            }.joined()
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
        for line in text.split(separator: "\n") {
            let parts = line.split(separator: "=", maxSplits: 1).map { String($0).trimmed }
            if parts.count == 2, parts[0].lowercased() == "privatekey", !parts[1].isEmpty { return parts[1] }
        }
        return nil
    }
}
