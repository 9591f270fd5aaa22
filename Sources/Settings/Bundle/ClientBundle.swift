// SPDX-License-Identifier: GPL-2.0-or-later

internal import WireGuardWire

/// Everything that a client's machine has to know to reach a server: the one text that is carried from
/// `engarde setup server` to `engarde setup client`.
public struct ClientBundle: Hashable, Sendable {
    /// The version of the text that is written, and the newest one that is read.
    public static let version = 1

    /// Names the client on the server.
    public var name: String
    /// The addresses at which engarde-server listens, best first; not empty.
    public var servers: [HostPort]
    /// The public key of WireGuard on the server.
    public var serverPublicKey: String
    public var presharedKey: String
    /// The client's private key; nil when it has stayed on the client's machine.
    public var privateKey: String?
    public var publicKey: String
    /// The client's addresses in the tunnel, each with the length of the tunnel's network, `10.77.0.2/24`; not empty.
    public var addresses: [String]
    /// The server's addresses in the tunnel, without length; not empty.
    public var serverAddresses: [String]
    /// The MTU of the tunnel on the server, in bytes.
    public var mtu: Int
    /// Servers of names to ask through the tunnel; may be empty.
    public var dns: [String]

    public init(
        name: String, servers: [HostPort], serverPublicKey: String, presharedKey: String, privateKey: String?,
        publicKey: String, addresses: [String], serverAddresses: [String], mtu: Int, dns: [String] = []
    ) {
        self.name = name
        self.servers = servers
        self.serverPublicKey = serverPublicKey
        self.presharedKey = presharedKey
        self.privateKey = privateKey
        self.publicKey = publicKey
        self.addresses = addresses
        self.serverAddresses = serverAddresses
        self.mtu = mtu
        self.dns = dns
    }

    /// Returns whether a text is a key of WireGuard's.
    public static func isKey(_ text: String) -> Bool { (try? PublicKey(base64: text)) != nil }

    /// Returns whether a text can be the name of a client: 1 to 32 letters, digits, dashes, dots and underscores, the
    /// first of them a letter or a digit. It is a part of a file's name.
    public static func isName(_ text: String) -> Bool {
        func isAlphanumeric(_ byte: UInt8) -> Bool {
            (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte)
        }
        return (1...32).contains(text.utf8.count) && isAlphanumeric(text.utf8.first!)
            && text.utf8.allSatisfy { isAlphanumeric($0) || "-._".utf8.contains($0) }
    }
}
