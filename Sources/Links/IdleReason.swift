// SPDX-License-Identifier: GPL-2.0-or-later

public import Settings
public import Sockets

/// The reason for which an interface that is not excluded carries no traffic.
public enum IdleReason: Hashable, Sendable, CustomStringConvertible {
    /// It is loopback, which is a link only when an override names it.
    case loopback
    /// It is a tunnel, likely WireGuard's own, which is a link only when an override names it.
    case tunnel(kind: String)
    case down
    case noCarrier
    case noEligibleAddress
    /// Its addresses are still being checked for duplicates on the network.
    case tentativeAddress
    /// The destination's name has no address yet.
    case unresolved(HostPort)
    /// It has no address of a family that the destination has.
    case noAddressOfDestinationFamily(IPAddress.Family)
    /// The routing tables have no route to the destination over it.
    case noRoute(HostPort)

    public var description: String {
        switch self {
        case .loopback: "loopback interface; name it in dstOverrides to use it"
        case .tunnel(let kind): "\(kind) tunnel; name it in dstOverrides to use it"
        case .down: "down"
        case .noCarrier: "no carrier"
        case .noEligibleAddress: "no usable address"
        case .tentativeAddress: "its address is still being checked for duplicates on the network"
        case .unresolved(let destination): "\(destination.host) is not resolved yet"
        case .noAddressOfDestinationFamily(.v4): "no usable IPv4 address, and the destination has IPv4 only"
        case .noAddressOfDestinationFamily(.v6): "no usable IPv6 address, and the destination has IPv6 only"
        case .noRoute(let destination): "no route to \(destination.host) over it"
        }
    }
}
