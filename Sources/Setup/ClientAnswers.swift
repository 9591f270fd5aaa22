// SPDX-License-Identifier: GPL-2.0-or-later

/// The choices by which a client is set up, besides its bundle.
public struct ClientAnswers: Hashable, Sendable, Codable {
    /// The interfaces that are links; nil for each one that can be, now and later.
    public var links: [String]?
    /// True sends everything through the tunnel.
    public var fullTunnel: Bool
    /// The UDP port on loopback at which WireGuard finds engarde-client.
    public var listenPort: UInt16
    /// The TCP port of the page, on loopback.
    public var pagePort: UInt16

    public init(links: [String]?, fullTunnel: Bool, listenPort: UInt16, pagePort: UInt16) {
        self.links = links
        self.fullTunnel = fullTunnel
        self.listenPort = listenPort
        self.pagePort = pagePort
    }
}
