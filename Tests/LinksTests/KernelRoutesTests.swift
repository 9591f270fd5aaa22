// SPDX-License-Identifier: GPL-2.0-or-later

import Glibc
@testable import Links
import Sockets
import Testing

/// The real kernel's routing tables, in namespaces made for it.
///
///     namespace:  v0 ═══ v1    192.0.2.1/24 and 2001:db8:1::1/64 on v0
///                 w0 ═══ w1    198.51.100.1/24 on w0
///
/// Every answer is held against that of a socket bound to the device, where a socket tells the truth.
@Suite(.serialized, .enabled(if: Namespace.isAvailable), .timeLimit(.minutes(1)))
struct KernelRoutesTests {
    let namespace: Namespace

    init() throws {
        namespace = try Namespace()
        namespace.run {
            for scope in ["all", "default"] {
                writeFile("/proc/sys/net/ipv4/conf/\(scope)/rp_filter", "0")
            }
        }
        namespace.ipBatch([
            "link set lo up", "link add v0 index 10 type veth peer name v1", "link add w0 index 20 type veth peer name w1",
            "link set v0 up", "link set v1 up", "link set w0 up", "link set w1 up", "address add 192.0.2.1/24 dev v0",
            "address add 192.0.2.77/24 dev v0", "address add 2001:db8:1::1/64 dev v0 nodad",
            "address add 198.51.100.1/24 dev w0",
        ])
    }

    func ask<Result: Sendable>(_ body: @escaping @Sendable (any RouteLookup) -> Result) throws -> Result {
        try namespace.run { Swift.Result { body(try KernelRoutes()) } }.get()
    }

    static func target(_ text: String) -> SocketAddress { SocketAddress(IPAddress(text)!, port: 59501) }

    func route(_ index: Int32, _ destination: String, from source: String? = nil) throws -> RouteAnswer {
        try ask { $0.route(over: index, to: Self.target(destination), from: source.map { IPAddress($0)! }) }
    }

    @Test("A destination has a route over the device that leads to it, and over no other")
    func reachability() throws {
        #expect(try route(10, "203.0.113.9") == .none)
        #expect(try route(10, "192.0.2.9") == .route(gateway: nil))
        #expect(try route(20, "192.0.2.9") == .none)
        #expect(try route(10, "2001:db8:9::9") == .none)
        namespace.ipBatch(["route add default via 192.0.2.2 dev v0", "route add default via 2001:db8:1::2 dev v0"])
        #expect(try route(10, "203.0.113.9") == .route(gateway: IPAddress("192.0.2.2")))
        #expect(try route(20, "203.0.113.9") == .none)
        #expect(try route(10, "2001:db8:9::9", from: "2001:db8:1::1") == .route(gateway: IPAddress("2001:db8:1::2")))
        #expect(try route(20, "2001:db8:9::9") == .none)
        // A worse route is a route: each device has its own.
        namespace.ip("route add default via 198.51.100.2 dev w0 metric 700")
        #expect(try route(20, "203.0.113.9", from: "198.51.100.1") == .route(gateway: IPAddress("198.51.100.2")))
        #expect(try route(99, "203.0.113.9") == .none)
    }

    @Test("Refusing routes are no routes", arguments: ["unreachable", "prohibit", "blackhole"])
    func refusing(_ kind: String) throws {
        namespace.ip("route add default via 192.0.2.2 dev v0")
        namespace.ip("route add \(kind) 203.0.113.0/24")
        // A route without a device matches no question about one, so the default route is what is left.
        #expect(try route(10, "203.0.113.9") != .unknown)
        namespace.ipBatch(["rule add to 203.0.113.0/24 \(kind) priority 10"])
        #expect(try route(10, "203.0.113.9") == .none)
    }

    @Test("A route in a table for one source address counts for that address")
    func sourceRules() throws {
        namespace.ipBatch([
            "route add default via 192.0.2.2 dev v0 table 100", "rule add from 192.0.2.77 lookup 100 priority 100",
            "route add default via 2001:db8:1::2 dev v0 table 100",
        ])
        namespace.ip("-6 rule add from 2001:db8:1::1 lookup 100 priority 100")
        #expect(try route(10, "203.0.113.9") == .none)
        #expect(try route(10, "203.0.113.9", from: "192.0.2.1") == .none)
        #expect(try route(10, "203.0.113.9", from: "192.0.2.77") == .route(gateway: IPAddress("192.0.2.2")))
        #expect(try route(10, "2001:db8:9::9", from: "2001:db8:1::1") == .route(gateway: IPAddress("2001:db8:1::2")))
    }

    @Test("A rule for the server's port counts")
    func portRules() throws {
        namespace.ipBatch([
            "route add default via 192.0.2.2 dev v0 table 100",
            "rule add ipproto udp dport 59501 lookup 100 priority 100",
        ])
        #expect(try route(10, "203.0.113.9") == .route(gateway: IPAddress("192.0.2.2")))
    }

    /// The rules that wg-quick makes for a tunnel that takes everything.
    @Test("A full tunnel's rules do not hide an uplink's default route")
    func fullTunnel() throws {
        namespace.ipBatch([
            "route add default via 192.0.2.2 dev v0", "link add wg0 index 30 type veth peer name wg1", "link set wg0 up",
            "route add default dev wg0 table 51820", "rule add not fwmark 51820 table 51820",
            "rule add table main suppress_prefixlength 0",
        ])
        #expect(try route(10, "203.0.113.9", from: "192.0.2.1") == .route(gateway: IPAddress("192.0.2.2")))
    }

    @Test("The kernel's source address is the route's own, else one of the gateway's network")
    func source() throws {
        func source(_ destination: String) throws -> IPAddress? {
            try ask { $0.preferredSource(over: 10, to: Self.target(destination)) }
        }
        func ofSocket(_ destination: String) -> IPAddress? {
            namespace.run { NoRouteLookup().preferredSource(over: 10, to: Self.target(destination)) }
        }
        namespace.ip("route add default via 192.0.2.2 dev v0")
        #expect(try source("203.0.113.9") == IPAddress("192.0.2.1"))
        namespace.ip("route change default via 192.0.2.2 dev v0 src 192.0.2.77")
        #expect(try source("203.0.113.9") == IPAddress("192.0.2.77"))
        #expect(ofSocket("203.0.113.9") == IPAddress("192.0.2.77"))
        namespace.ipBatch([
            "address add 10.7.0.2/24 dev v0", "route add 203.0.113.0/24 via 10.7.0.1 dev v0",
            "address add fd00:7::2/64 dev v0 nodad", "route add default via 2001:db8:1::2 dev v0",
        ])
        #expect(try source("203.0.113.9") == IPAddress("10.7.0.2"))
        #expect(ofSocket("203.0.113.9") == IPAddress("10.7.0.2"))
        #expect(try source("2001:db8:9::9") == IPAddress("2001:db8:1::1"))
        #expect(ofSocket("2001:db8:9::9") == IPAddress("2001:db8:1::1"))
    }

    @Test("Strict reverse-path filtering is told from loose, by interface and for all", arguments: [0, 1, 2])
    func reversePath(_ value: Int) throws {
        namespace.ipBatch([
            "route add default via 192.0.2.2 dev v0 metric 10", "route add default via 198.51.100.2 dev w0 metric 20",
        ])
        namespace.run { writeFile("/proc/sys/net/ipv4/conf/all/rp_filter", "\(value)") }
        func warning(_ index: Int32, _ name: String, _ source: String) throws -> String? {
            let pair = CandidatePair(source: IPAddress(source)!, destination: Self.target("203.0.113.9"))
            return try ask { ReversePathFilter.warning(Interface(index: index, name: name), pair, $0) }
        }
        #expect(try warning(10, "v0", "192.0.2.1") == nil, "the best way back")
        let second = try warning(20, "w0", "198.51.100.1")
        #expect((second != nil) == (value == 1))
        #expect(second?.contains("sysctl -w net.ipv4.conf.w0.rp_filter=2") ?? true)
        namespace.run { writeFile("/proc/sys/net/ipv4/conf/w0/rp_filter", "2") }
        #expect(try warning(20, "w0", "198.51.100.1") == nil, "the command helps")
    }
}

private func writeFile(_ path: String, _ text: String) {
    guard let file = fopen(path, "w") else { return }
    fputs(text, file)
    fclose(file)
}
