// SPDX-License-Identifier: GPL-2.0-or-later

import Sockets

/// Machines in network namespaces of their own, clients and one server, joined by links whose weather we make.
///
///      client namespace                                      server namespace
///     ┌──────────────────────────────┐                      ┌──────────────────────────────┐
///     │ WireGuard 10.200.0.1         │                      │ WireGuard 10.200.0.2         │
///     │    │ udp 127.0.0.1:59401     │                      │    ▲ udp 127.0.0.1:51820     │
///     │    ▼                         │                      │    │                         │
///     │ engarde-client               │   10.1.1.0/24        │ engarde-server               │
///     │    ├─ c1 10.1.1.1 ───────────┼──────────────────────┼─ s1 10.1.1.2 ─┐  on lo:      │
///     │    ├─ c2 10.1.2.1 ───────────┼──────────────────────┼─ s2 10.1.2.2 ─┼─ 10.99.0.1   │
///     │    └─ c3 10.1.3.1 ───────────┼──────────────────────┼─ s3 10.1.3.2 ─┘  port 59501  │
///     └──────────────────────────────┘   fd00:1:N::/64      └──────────────────────────────┘
///                                                              fd00:99::1
///
/// Further clients have links with the numbers that follow: with two links each, the second client has c3 and c4.
///
/// Every link has its own route to the server's address, as each uplink of a real machine has its own default
/// route. Nothing here touches the machine's own network: both ends of each veth pair are born in a namespace.
public final class Laboratory {
    public enum Family: Sendable { case v4, v6 }

    public static let serverV4 = "10.99.0.1"
    public static let serverV6 = "fd00:99::1"
    public static let serverPort = 59_501
    public static let clientPort = 59_401
    public static let wireGuardPort = 51_820

    public let clients: [Namespace]
    /// The first of the clients, which most laboratories have alone.
    public var client: Namespace { clients[0] }
    public let server: Namespace
    /// Of all clients, in the order of their numbers.
    public private(set) var links: [LaboratoryLink] = []
    /// Where the emulators of links are; nil when there are none.
    private let wire: Namespace?

    /// - Parameters:
    ///   - links: the address families of each link of a client; one to 200 links in all.
    ///   - clients: how many clients there are, each with such links.
    ///   - emulated: numbers of the links that can be delayed (``LaboratoryLink/emulator``); each costs a thread and
    ///     about a tenth of a millisecond.
    ///   - neighbourQueueBytes: what the kernel may keep for a neighbour it looks for, where we are allowed to say
    ///     (not in a user namespace); nil leaves its own 208 KiB. A link that comes back delivers that queue in one
    ///     burst, which is more than `wireguard-go` takes at a time, and what WireGuard then loses is not the link's.
    public init(
        links families: [[Family]], clients count: Int = 1, emulated: Set<Int> = [],
        neighbourQueueBytes: Int? = 16_384
    ) throws {
        clients = try (1...count).map { try Namespace($0 == 1 ? "client" : "client\($0)") }
        server = try Namespace("server")
        wire = emulated.isEmpty ? nil : try Namespace("wire")
        try wire?.inside {
            // Its interfaces only pass on what others say.
            for scope in ["all", "default"] {
                try? writeText("1", to: "/proc/sys/net/ipv6/conf/\(scope)/disable_ipv6")
            }
        }
        try run(
            ["ip", "-batch", "-"], in: server,
            input: """
                address add \(Self.serverV4)/32 dev lo
                address add \(Self.serverV6)/128 dev lo nodad

                """)
        for client in clients {
            for families in families {
                let number = links.count + 1
                links.append(
                    try LaboratoryLink(
                        number: number, families: families, client: client, server: server,
                        wire: emulated.contains(number) ? wire : nil, neighbourQueueBytes: neighbourQueueBytes
                    ) { [unowned self] in try applyRules() })
            }
        }
    }

    /// `count` links of the same kind.
    public convenience init(links count: Int, _ families: [Family] = [.v4]) throws {
        try self.init(links: Array(repeating: families, count: count))
    }

    deinit {
        for namespace in clients + [server] { namespace.delete() }
        wire?.delete()
    }

    /// The links of one client, counted from 0.
    public func links(ofClient index: Int) -> [LaboratoryLink] { links.filter { $0.client === clients[index] } }

    /// The links over which a datagram gets through now.
    public var alive: [LaboratoryLink] { links.filter(\.isAlive) }

    /// Puts every link's losses into force in one transaction a namespace.
    ///
    /// The rules are at ingress, behind the wire: the sender is told nothing, as on a real link that swallows.
    private func applyRules() throws {
        let ends = clients.map { ($0, LaboratoryLink.Side.client) } + [(server, .server)]
        for (namespace, side) in ends {
            var rules = "table netdev engarde\ndelete table netdev engarde\n"
            let lossy = links.filter {
                (side == .server || $0.client === namespace) && $0.lossPercent(at: side) > 0 && $0.exists
            }
            if !lossy.isEmpty { rules += "table netdev engarde {\n" }
            for link in lossy {
                let percent = link.lossPercent(at: side)
                let drop = percent >= 100 ? "drop" : "numgen random mod 100 < \(percent) drop"
                rules += """
                      chain link\(link.number) {
                        type filter hook ingress device "\(link.name(side))" priority 0; policy accept;
                        \(drop)
                      }

                    """
            }
            if !lossy.isEmpty { rules += "}\n" }
            try run(["nft", "-f", "-"], in: namespace, input: rules)
        }
    }

    /// Waits until `link` has carried `packets` more in both directions and returns how long that took in
    /// milliseconds. Only meaningful while something flows both ways.
    @discardableResult
    public func waitUntilCarrying(
        _ link: LaboratoryLink, packets: Int = 5, seconds: Double = Patience.seconds
    ) throws -> Double {
        let start = Monotonic.nanoseconds
        let up = try received(link, .server)
        let down = try received(link, .client)
        let carries = try Monotonic.wait(seconds: seconds) {
            try received(link, .server) >= up + packets && received(link, .client) >= down + packets
        }
        guard carries else {
            let sent = try received(link, .server) - up
            let answered = try received(link, .client) - down
            throw LaboratoryFailure(
                "\(link.name) carries nothing \(seconds) s after it came back: \(sent) packets up, \(answered) down")
        }
        return Double(Monotonic.nanoseconds - start) / 1e6
    }

    /// Waits until the server's program has read all but `bytes` of what waits in its socket, as the kernel counts
    /// them, so that a flood fills no receive buffer while it has no processor.
    public func waitForServerToRead(downTo bytes: Int = 1 << 20) throws {
        let isRead = try Monotonic.wait {
            try server.udpSockets().filter { $0.port == Self.serverPort }.allSatisfy { $0.receiveQueue <= bytes }
        }
        if !isRead { throw LaboratoryFailure("the server's program does not read what it is sent") }
    }

    /// Packets that one end of a link has received since the link was made.
    public func received(_ link: LaboratoryLink, _ side: LaboratoryLink.Side) throws -> Int {
        try (side == .client ? link.client : server).received()[link.name(side)]?.packets ?? 0
    }
}
