// SPDX-License-Identifier: GPL-2.0-or-later

public import Sockets

/// Looks up routes over one interface.
public protocol RouteLookup {
    /// Returns the route by which a datagram from `source` leaves over the interface with that index.
    ///
    /// - Parameter source: nil for any source: rules with a source address then do not apply.
    func route(over interface: Int32, to destination: SocketAddress, from source: IPAddress?) -> RouteAnswer

    /// Returns the source address that the kernel chooses over that interface, or nil when there is none.
    func preferredSource(over interface: Int32, to destination: SocketAddress) -> IPAddress?

    /// Returns true when the kernel drops datagrams from `destination` to `source` that arrive on that interface, as
    /// strict reverse-path filtering does. Returns false when that is unknown.
    func refusesAnswers(over interface: Int32, from destination: SocketAddress, to source: IPAddress) -> Bool
}

/// The result of a route lookup.
public enum RouteAnswer: Hashable, Sendable {
    /// A route, with a gateway unless the destination is a neighbour.
    case route(gateway: IPAddress?)
    /// No route: the kernel would look for the destination among the neighbours, or refuse to send.
    case none
    /// The lookup was not possible.
    case unknown
}

/// The lookup for systems that do not permit netlink: every interface may have a route.
struct NoRouteLookup: RouteLookup {
    func route(over interface: Int32, to destination: SocketAddress, from source: IPAddress?) -> RouteAnswer {
        .unknown
    }

    /// Connects a socket, to which the kernel assigns a source address.
    func preferredSource(over interface: Int32, to destination: SocketAddress) -> IPAddress? {
        do throws(Errno) {
            let probe = try UDPSocket.open(destination.ip.family)
            try probe.bindToDevice(index: interface)
            try probe.connect(to: destination)
            return probe.localAddress.ip
        } catch {
            return nil
        }
    }

    func refusesAnswers(over interface: Int32, from destination: SocketAddress, to source: IPAddress) -> Bool { false }
}
