// SPDX-License-Identifier: GPL-2.0-or-later

public import Sockets

/// How large a packet in the tunnel may be, so that the datagram that carries it crosses a link in one piece.
///
/// Of a larger one each fragment must arrive, and most lossy or mobile links treat fragments badly. wg-quick takes the
/// tunnel's MTU from the route to the peer's Endpoint, which is this machine when engarde-client is on it: 65,536 - 80.
public struct TunnelMTU: Hashable, Sendable {
    /// What WireGuard itself takes on a link of 1,500 bytes, whatever the outer family.
    public static let usual = 1_420
    /// Below this the kernel switches IPv6 in the tunnel off (RFC 8200, 5).
    private static let least = 1_280
    /// WireGuard's header and tag.
    private static let wireGuardBytes = 32
    private static let udpBytes = 8

    /// The smallest of the links that were looked at.
    public let linkName: String
    public let linkMTU: Int
    private let outer: IPAddress.Family

    /// Nil when there is no link.
    ///
    /// - Parameter links: name, MTU, and the family of the destination.
    public init?(links: [(name: String, mtu: Int, family: IPAddress.Family)]) {
        let room = links.map { $0.mtu - Self.headers($0.family) }
        guard let index = room.indices.min(by: { room[$0] < room[$1] }) else { return nil }
        (linkName, linkMTU, outer) = links[index]
    }

    /// What paths through the Internet carry as a rule, for a side that does not know its links.
    public static let ofThePublicInternet = TunnelMTU(links: [("the Internet", 1_500, .v4)])!

    /// Bytes of the largest datagram that crosses a link of that MTU in one piece.
    public static func largestDatagram(mtu: Int, _ family: IPAddress.Family) -> Int { mtu - headers(family) }

    private static func headers(_ family: IPAddress.Family) -> Int { udpBytes + (family == .v4 ? 20 : 40) }

    /// Bytes of the largest datagram, as WireGuard hands it to us, that crosses the link in one piece.
    public var largestDatagram: Int { Self.largestDatagram(mtu: linkMTU, outer) }
    /// Bytes of the largest packet in the tunnel that does.
    public var largestPacket: Int { largestDatagram - Self.wireGuardBytes }
    /// The MTU to give the tunnel.
    public var advised: Int { max(Self.least, min(Self.usual, largestPacket)) }

    /// The commands for a tunnel, now and for good.
    public func advice(for tunnel: String) -> String {
        "ip link set mtu \(advised) dev \(tunnel), and for good MTU = \(advised) below [Interface] in "
            + "/etc/wireguard/\(tunnel).conf"
    }

    /// The tunnels whose packets may be larger: those of a WireGuard in the kernel, or in a program under such a name.
    public func tooLarge(among interfaces: [Interface]) -> [Interface] {
        interfaces.filter { interface in
            let isTunnel =
                interface.kind == "wireguard" || interface.kind == "amneziawg"
                || interface.kind == "tun" && interface.name.hasPrefix("wg")
            return isTunnel && interface.mtu > largestPacket
        }
    }

    /// A line for each of them.
    public func warnings(about interfaces: [Interface]) -> [String] {
        tooLarge(among: interfaces).map {
            """
            warning: \($0.name) has an MTU of \($0.mtu), and \(linkName) (MTU \(linkMTU)) carries packets of up to \
            \(largestPacket) bytes of it in one piece, larger ones in fragments: \(advice(for: $0.name))
            """
        }
    }
}
