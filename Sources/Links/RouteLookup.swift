// SPDX-License-Identifier: GPL-2.0-or-later

public import Sockets

/// The routing table's answers for one device at a time.
public protocol RouteLookup {
    /// Returns the route by which a datagram from `source` leaves over the interface with that index.
    ///
    /// - Parameter source: nil asks for any source: rules that look at the source address then do not apply.
    func route(over interface: Int32, to destination: SocketAddress, from source: IPAddress?) -> RouteAnswer

    /// Returns the source address that the kernel chooses over that interface, or nil when it has none to choose.
    func preferredSource(over interface: Int32, to destination: SocketAddress) -> IPAddress?

    /// Returns whether the kernel refuses datagrams from `destination` to `source` that arrive on that interface, as
    /// strict reverse-path filtering does. False when that cannot be known.
    func refusesAnswers(over interface: Int32, from destination: SocketAddress, to source: IPAddress) -> Bool
}

/// The routing table's answer about one destination over one device.
public enum RouteAnswer: Hashable, Sendable {
    /// There is a route, with a gateway unless the destination is a neighbour.
    case route(gateway: IPAddress?)
    /// There is none: the kernel would look for the destination among the device's neighbours, or refuse to send.
    case none
    /// It could not be asked.
    case unknown
}

/// Answers for where the routing table cannot be asked: every interface may have a route.
struct NoRouteLookup: RouteLookup {
    func route(over interface: Int32, to destination: SocketAddress, from source: IPAddress?) -> RouteAnswer {
        .unknown
    }

    /// Asks a connected socket, which the kernel gives a source address.
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
