// SPDX-License-Identifier: GPL-2.0-or-later

internal import CShims.Route
internal import Glibc
public import Sockets

/// Looks up routes in the kernel's routing tables and rules by RTM_GETROUTE.
///
/// A lookup is synchronous and takes some microseconds. An instance belongs to the network namespace of the thread that
/// opens it, and must be used by one thread at a time.
public final class KernelRoutes: RouteLookup {
    private let netlink: NetlinkSocket

    /// Opens a netlink socket.
    public init() throws(Errno) { netlink = try NetlinkSocket(notifications: false) }

    /// Returns the kernel's routes, or a ``NoRouteLookup`` where netlink is not permitted.
    public static func open() -> any RouteLookup {
        do throws(Errno) { return try KernelRoutes() } catch { return NoRouteLookup() }
    }

    public func route(over interface: Int32, to destination: SocketAddress, from source: IPAddress?) -> RouteAnswer {
        // IPv6 restricts a lookup to the device only without a source; a socket bound to the device is always
        // restricted (ip6_route_output_flags_noref(), net/ipv6/route.c). Routes and rules for one source do not match
        // a lookup without one, so both lookups are made.
        if destination.ip.family == .v6, source != nil {
            let general = match(interface, destination, nil)
            if general != .none { return general }
        }
        return match(interface, destination, source)
    }

    private func match(_ interface: Int32, _ destination: SocketAddress, _ source: IPAddress?) -> RouteAnswer {
        do throws(Errno) {
            let route = try ask(ENGARDE_ROUTE_MATCH, interface, destination, source)
            guard route.interface == 0 || route.interface == interface else { return .none }
            let size = route.gateway_family == UInt8(AF_INET) ? 4 : 16
            return .route(gateway: route.has_gateway ? address(route.gateway, size) : nil)
        } catch {
            switch error.rawValue {
            // A route of type prohibit yields EACCES, blackhole EINVAL.
            case ENETUNREACH, EHOSTUNREACH, ENODEV, ENONET, EACCES, EINVAL, EADDRNOTAVAIL: return .none
            default: return .unknown
            }
        }
    }

    public func preferredSource(over interface: Int32, to destination: SocketAddress) -> IPAddress? {
        do throws(Errno) {
            let route = try ask(ENGARDE_ROUTE_SOURCE, interface, destination, nil)
            return route.has_source ? address(route.source, destination.ip.family == .v4 ? 4 : 16) : nil
        } catch {
            return nil
        }
    }

    public func refusesAnswers(
        over interface: Int32, from destination: SocketAddress, to source: IPAddress
    ) -> Bool {
        guard destination.ip.family == .v4 else { return false }
        do throws(Errno) {
            _ = try ask(ENGARDE_ROUTE_ANSWER, interface, destination, source)
            return false
        } catch {
            // EXDEV means strict filtering; Linux 6.18 returns EINVAL instead (fib_validate_source()).
            return error.rawValue == EXDEV || error.rawValue == EINVAL
        }
    }

    private func ask(
        _ question: engarde_route_question, _ interface: Int32, _ destination: SocketAddress, _ source: IPAddress?
    ) throws(Errno) -> engarde_route {
        var query = engarde_route_query()
        query.question = UInt8(question.rawValue)
        query.family = UInt8(destination.ip.family == .v4 ? AF_INET : AF_INET6)
        query.port = destination.port
        query.interface = interface
        set(&query.destination, destination.ip)
        if let source {
            query.has_source = true
            set(&query.source, source)
        }
        var route = engarde_route()
        try checked(netlink.ask(&query, &route))
        return route
    }
}

/// Writes an address into a C array of bytes, which is a tuple in Swift.
private func set<Bytes>(_ field: inout Bytes, _ address: IPAddress) {
    withUnsafeMutableBytes(of: &field) { $0.copyBytes(from: address.bytes) }
}

/// Returns the first `size` bytes of a C array as an address.
private func address<Bytes>(_ field: Bytes, _ size: Int) -> IPAddress? {
    withUnsafeBytes(of: field) { IPAddress(bytes: .init(rebasing: $0[..<size])) }
}
