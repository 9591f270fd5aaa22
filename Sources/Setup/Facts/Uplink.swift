// SPDX-License-Identifier: GPL-2.0-or-later

internal import Links
public import Settings
public import Sockets

/// An interface that would carry datagrams to the server.
public struct Uplink: Hashable, Sendable {
    public var name: String
    public var mtu: Int
    public var source: IPAddress
    /// nil for a point-to-point interface, or a server next door.
    public var gateway: IPAddress?
    /// The one of the server's addresses that it reaches.
    public var server: HostPort
    public var destination: SocketAddress
    /// True when the kernel drops the server's answers on it.
    public var isFilteredStrictly: Bool

    public init(
        name: String, mtu: Int, source: IPAddress, gateway: IPAddress?, server: HostPort, destination: SocketAddress,
        isFilteredStrictly: Bool
    ) {
        self.name = name
        self.mtu = mtu
        self.source = source
        self.gateway = gateway
        self.server = server
        self.destination = destination
        self.isFilteredStrictly = isFilteredStrictly
    }

    /// Looks at each interface of this machine.
    ///
    /// - Parameters:
    ///   - servers: where the server may be reached, best first.
    ///   - resolved: the addresses of a name.
    /// - Returns: those that would carry, and the names of the others with the reason.
    public static func all(
        to servers: [HostPort], resolved: (HostPort) -> [IPAddress]
    ) throws(Errno) -> (uplinks: [Uplink], others: [(name: String, reason: String)]) {
        let routes = KernelRoutes.open()
        var (uplinks, others): ([Uplink], [(name: String, reason: String)]) = ([], [])
        for interface in try LinkMonitor.snapshot().interfaces
        where !interface.isLoopback && interface.name != Places.tunnel {
            var (found, reason): (Uplink?, String) = (nil, "")
            for server in servers where found == nil {
                switch LinkPolicy(destination: server).judge(interface, routes: routes, resolved: resolved) {
                case .carries(let pairs): found = Uplink(interface, pairs[0], server, routes)
                case .idle(let idle): reason = "\(idle)"
                case .excluded(let cause): reason = "\(cause)"
                }
            }
            if let found { uplinks.append(found) } else { others.append((interface.name, reason)) }
        }
        return (uplinks, others)
    }

    private init(_ interface: Interface, _ pair: CandidatePair, _ server: HostPort, _ routes: any RouteLookup) {
        let route = routes.route(over: interface.index, to: pair.destination, from: pair.source)
        let gateway: IPAddress? = if case .route(let gateway) = route { gateway } else { nil }
        self.init(
            name: interface.name, mtu: interface.mtu, source: pair.source, gateway: gateway, server: server,
            destination: pair.destination,
            isFilteredStrictly: ReversePathFilter.warning(interface, pair, routes) != nil)
    }
}

extension Uplink: CustomStringConvertible {
    /// `eth0 (192.0.2.10 via 192.0.2.1)`
    public var description: String { "\(name) (\(source)\(gateway.map { " via \($0)" } ?? ""))" }
}
