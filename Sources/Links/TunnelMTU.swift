// SPDX-License-Identifier: GPL-2.0-or-later

public import Sockets

/// The largest packet in the tunnel whose datagram crosses a link without fragmentation.
///
/// Of a larger one each fragment must arrive, and many lossy or mobile links drop fragments. wg-quick derives the
/// tunnel's MTU from the route to the peer's Endpoint, which is loopback when engarde-client runs here: 65,536 - 80.
public struct TunnelMTU: Hashable, Sendable {
    /// The default MTU of WireGuard on a link of 1,500 bytes.
    public static let usual = 1_420
    /// The minimum MTU: below it the kernel disables IPv6 in the tunnel (RFC 8200, 5).
    private static let least = 1_280
    /// The size of WireGuard's header and tag.
    private static let wireGuardBytes = 32
    private static let udpBytes = 8

    /// The link with the smallest MTU.
    public let linkName: String
    public let linkMTU: Int
    private let outer: IPAddress.Family

    /// Creates the value for the smallest of the links. Returns nil without links.
    ///
    /// - Parameter links: name, MTU, and address family of the destination of each link.
    public init?(links: [(name: String, mtu: Int, family: IPAddress.Family)]) {
        let room = links.map { $0.mtu - Self.headers($0.family) }
        guard let index = room.indices.min(by: { room[$0] < room[$1] }) else { return nil }
        (linkName, linkMTU, outer) = links[index]
    }

    /// The usual value for paths through the Internet, for a side that does not know its links.
    public static let ofThePublicInternet = TunnelMTU(links: [("the Internet", 1_500, .v4)])!

    /// Returns the largest datagram that crosses a link without fragmentation, in bytes.
    public static func largestDatagram(mtu: Int, _ family: IPAddress.Family) -> Int { mtu - headers(family) }

    private static func headers(_ family: IPAddress.Family) -> Int { udpBytes + (family == .v4 ? 20 : 40) }

    /// The largest WireGuard datagram that crosses the link without fragmentation, in bytes.
    public var largestDatagram: Int { Self.largestDatagram(mtu: linkMTU, outer) }
    /// The largest packet in the tunnel whose datagram does so, in bytes.
    public var largestPacket: Int { largestDatagram - Self.wireGuardBytes }
    /// The recommended MTU of the tunnel.
    public var advised: Int { max(Self.least, min(Self.usual, largestPacket)) }

    /// Returns the commands that set the MTU of a tunnel, for now and permanently.
    public func advice(for tunnel: String) -> String {
        "ip link set mtu \(advised) dev \(tunnel), and for good MTU = \(advised) below [Interface] in "
            + "/etc/wireguard/\(tunnel).conf"
    }

    /// Returns the WireGuard tunnels with a larger MTU: those of the kernel, and userspace ones named `wg…`.
    public func tooLarge(among interfaces: [Interface]) -> [Interface] {
        interfaces.filter { interface in
            let isTunnel =
                interface.kind == "wireguard" || interface.kind == "amneziawg"
                || interface.kind == "tun" && interface.name.hasPrefix("wg")
            return isTunnel && interface.mtu > largestPacket
        }
    }

    /// Returns a warning for each of them.
    public func warnings(about interfaces: [Interface]) -> [String] {
        tooLarge(among: interfaces).map {
            """
            warning: \($0.name) has an MTU of \($0.mtu), and \(linkName) (MTU \(linkMTU)) carries packets of up to \
            \(largestPacket) bytes of it in one piece, larger ones in fragments: \(advice(for: $0.name))
            """
        }
    }
}
