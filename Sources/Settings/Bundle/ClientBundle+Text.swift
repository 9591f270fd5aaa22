// SPDX-License-Identifier: GPL-2.0-or-later

internal import WireGuardWire

extension ClientBundle {
    static let checksumKey = "checksum: "

    /// The YAML text, its checksum in the last line.
    public var text: String {
        var lines = [
            "# How \(name) reaches its engarde server. Keep it secret: it holds keys of the tunnel.",
            "# On the client: engarde setup client FILE",
            "version: \(Self.version)",
            "name: \(Self.quoted(name))",
            "servers: \(Self.list(servers.map(\.description)))",
            "serverPublicKey: \(Self.quoted(serverPublicKey))",
            "presharedKey: \(Self.quoted(presharedKey))",
        ]
        if let privateKey { lines.append("privateKey: \(Self.quoted(privateKey))") }
        lines += [
            "publicKey: \(Self.quoted(publicKey))",
            "addresses: \(Self.list(addresses))",
            "serverAddresses: \(Self.list(serverAddresses))",
            "mtu: \(mtu)",
            "dns: \(Self.list(dns))",
        ]
        let body = lines.joined(separator: "\n") + "\n"
        return body + Self.checksumKey + Self.checksum(of: body) + "\n"
    }

    /// Tells of damage on the way, not of ill will: who can change the text can change this too.
    static func checksum(of body: String) -> String { hexDigest(of: Array(body.utf8)) }

    /// Nothing in a bundle needs an escape.
    private static func quoted(_ text: String) -> String { "\"\(text)\"" }

    private static func list(_ texts: [String]) -> String { "[\(texts.map(quoted).joined(separator: ", "))]" }
}
