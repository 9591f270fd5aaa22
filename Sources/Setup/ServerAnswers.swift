// SPDX-License-Identifier: GPL-2.0-or-later

/// The choices by which a server is set up.
public struct ServerAnswers: Hashable, Sendable, Codable {
    /// Names or addresses by which clients reach this machine, best first; not empty.
    public var addresses: [String]
    /// The UDP port at which engarde-server listens, on every address.
    public var port: UInt16
    public var network: TunnelNetwork
    /// True lets clients reach the internet, and what else this machine reaches.
    public var internet: Bool
    /// The UDP port at which WireGuard listens.
    public var wireGuardPort: UInt16
    /// The TCP port of the page, on loopback.
    public var pagePort: UInt16
    /// Given to clients that send everything through the tunnel.
    public var dns: [String]

    public init(
        addresses: [String], port: UInt16, network: TunnelNetwork, internet: Bool, wireGuardPort: UInt16,
        pagePort: UInt16, dns: [String]
    ) {
        self.addresses = addresses
        self.port = port
        self.network = network
        self.internet = internet
        self.wireGuardPort = wireGuardPort
        self.pagePort = pagePort
        self.dns = dns
    }
}
