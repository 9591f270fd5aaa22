// SPDX-License-Identifier: GPL-2.0-or-later

/// What a client is set up with besides its bundle.
public struct ClientAnswers: Hashable, Sendable, Codable {
    /// The interfaces that are links; nil for each one that can be, now and later.
    public var links: [String]?
    /// True sends everything through the tunnel.
    public var fullTunnel: Bool
    /// Where WireGuard finds engarde-client, on loopback.
    public var listenPort: UInt16
    /// Of the page, on loopback.
    public var pagePort: UInt16

    public init(links: [String]?, fullTunnel: Bool, listenPort: UInt16, pagePort: UInt16) {
        self.links = links
        self.fullTunnel = fullTunnel
        self.listenPort = listenPort
        self.pagePort = pagePort
    }
}
