// SPDX-License-Identifier: GPL-2.0-or-later

import Settings
import Links
import Sockets
import Testing

struct LinkPolicyTests {
    static let literal = HostPort(host: "203.0.113.9", port: 59401)
    static let named = HostPort(host: "vpn.example", port: 59401)

    static func address(
        _ text: String, _ change: (inout InterfaceAddress) -> Void = { _ in }
    ) -> InterfaceAddress {
        let ip = IPAddress(text)!
        var address = InterfaceAddress(ip: ip, prefixLength: ip.family == .v4 ? 24 : 64)
        change(&address)
        return address
    }

    struct Case: Sendable, CustomTestStringConvertible {
        var name: String
        var destination = LinkPolicyTests.literal
        var overrides: [DestinationOverride] = []
        var excluded: ExcludedInterfaces = []
        var interface = Interface(index: 7, name: "wan0")
        var addresses: [InterfaceAddress] = []
        var current: String?
        var answers: [String] = []
        var answered: [String] = []
        var routes = FakeRoutes()
        var verdict: LinkVerdict

        var testDescription: String { name }
    }

    /// - Parameter pairs: `source destination`, best first.
    static func carries(_ pairs: String...) -> LinkVerdict {
        .carries(
            pairs.map { pair in
                let words = pair.split(separator: " ").map { IPAddress($0)! }
                return CandidatePair(source: words[0], destination: SocketAddress(words[1], port: 59401))
            })
    }

    static let cases: [Case] = [
        Case(
            name: "IPv4 in the kernel's order when it has no choice of its own",
            addresses: [address("10.0.0.2"), address("10.0.0.3")],
            verdict: carries("10.0.0.2 203.0.113.9", "10.0.0.3 203.0.113.9")),
        Case(
            name: "the kernel's choice of a source address",
            addresses: [address("192.168.1.2"), address("10.0.0.3")],
            routes: FakeRoutes(preferred: ["203.0.113.9": "10.0.0.3"]),
            verdict: carries("10.0.0.3 203.0.113.9", "192.168.1.2 203.0.113.9")),
        Case(
            name: "a source address without a route is no candidate",
            addresses: [address("192.168.1.2"), address("10.0.0.3")],
            routes: FakeRoutes(unroutedPairs: ["192.168.1.2 203.0.113.9"]),
            verdict: carries("10.0.0.3 203.0.113.9")),
        Case(
            name: "no route", addresses: [address("172.17.0.1")], routes: FakeRoutes(unreachable: ["203.0.113.9"]),
            verdict: .idle(.noRoute(literal))),
        Case(
            name: "a permanent address stands for a temporary one of its network",
            destination: HostPort(host: "2001:db8::9", port: 59401),
            addresses: [
                address("fd00::2"), address("2001:db8:1::2"), address("2001:db8:1::77") { $0.isTemporary = true },
            ],
            routes: FakeRoutes(preferred: ["2001:db8::9": "2001:db8:1::77"]),
            verdict: carries("2001:db8:1::2 2001:db8::9", "fd00::2 2001:db8::9", "2001:db8:1::77 2001:db8::9")),
        Case(
            name: "the kernel's temporary address where its network has no other",
            destination: HostPort(host: "2001:db8::9", port: 59401),
            addresses: [address("fd00::2"), address("2001:db8:1::77") { $0.isTemporary = true }],
            routes: FakeRoutes(preferred: ["2001:db8::9": "2001:db8:1::77"]),
            verdict: carries("2001:db8:1::77 2001:db8::9", "fd00::2 2001:db8::9")),
        Case(
            name: "private ranges are fine, 169.254/16 is not",
            addresses: [address("169.254.1.1"), address("192.168.8.100")],
            verdict: carries("192.168.8.100 203.0.113.9")),
        Case(
            name: "127/8 is not an address to send from", addresses: [address("127.0.0.5")],
            verdict: .idle(.noEligibleAddress)),
        Case(name: "no address", verdict: .idle(.noEligibleAddress)),
        Case(
            name: "down",
            interface: Interface(index: 7, name: "wan0", isAdministrativelyUp: false, hasCarrier: false),
            addresses: [address("10.0.0.2")], verdict: .idle(.down)),
        Case(
            name: "no carrier", interface: Interface(index: 7, name: "wan0", hasCarrier: false),
            addresses: [address("10.0.0.2")], verdict: .idle(.noCarrier)),
        Case(
            name: "excluded by name", excluded: ["lan0", "wan0"], addresses: [address("10.0.0.2")],
            verdict: .excluded(by: .configuration(entry: "wan0"))),
        Case(
            name: "excluded by glob, even when down", excluded: ["w*"],
            interface: Interface(index: 7, name: "wan0", isAdministrativelyUp: false),
            verdict: .excluded(by: .configuration(entry: "w*"))),
        Case(
            name: "not among the included", excluded: ExcludedInterfaces([], allBut: ["lan0", "eth*"]),
            addresses: [address("10.0.0.2")], verdict: .excluded(by: .omission)),
        Case(
            name: "included by glob", excluded: ExcludedInterfaces(["wan1"], allBut: ["lan0", "w*"]),
            addresses: [address("10.0.0.2")], verdict: carries("10.0.0.2 203.0.113.9")),
        Case(
            name: "excluded among the included", excluded: ExcludedInterfaces(["wan0"], allBut: ["w*"]),
            addresses: [address("10.0.0.2")], verdict: .excluded(by: .configuration(entry: "wan0"))),
        Case(
            name: "loopback", interface: Interface(index: 1, name: "lo", isLoopback: true),
            addresses: [address("127.0.0.1"), address("10.0.0.2")], verdict: .idle(.loopback)),
        Case(
            name: "loopback named", overrides: [.init(interface: "lo", destination: literal)],
            interface: Interface(index: 1, name: "lo", isLoopback: true),
            addresses: [address("127.0.0.1"), address("10.0.0.2")],
            verdict: carries("10.0.0.2 203.0.113.9")),
        Case(
            name: "loopback named, with its own address only",
            overrides: [.init(interface: "lo", destination: HostPort(host: "127.0.0.1", port: 59401))],
            interface: Interface(index: 1, name: "lo", isLoopback: true), addresses: [address("127.0.0.1")],
            verdict: carries("127.0.0.1 127.0.0.1")),
        Case(
            name: "wireguard", interface: Interface(index: 7, name: "wg0", kind: "wireguard"),
            addresses: [address("10.0.0.2")], verdict: .idle(.tunnel(kind: "wireguard"))),
        Case(
            name: "tun", interface: Interface(index: 7, name: "utun", kind: "tun"),
            addresses: [address("10.0.0.2")], verdict: .idle(.tunnel(kind: "tun"))),
        Case(
            name: "tun named", overrides: [.init(interface: "utun", destination: literal)],
            interface: Interface(index: 7, name: "utun", kind: "tun"),
            addresses: [address("10.0.0.2")], verdict: carries("10.0.0.2 203.0.113.9")),
        Case(
            name: "override by a pattern", overrides: [
                .init(interface: "eth*", destination: HostPort(host: "192.0.2.1", port: 59401)),
                .init(interface: "wan[0-9]", destination: HostPort(host: "192.0.2.2", port: 59401)),
                .init(interface: "wan0", destination: HostPort(host: "192.0.2.3", port: 59401)),
            ], addresses: [address("10.0.0.2")], verdict: carries("10.0.0.2 192.0.2.2")),
        Case(
            name: "a pattern names no tunnel", overrides: [.init(interface: "*", destination: literal)],
            interface: Interface(index: 7, name: "wg0", kind: "wireguard"), addresses: [address("10.0.0.2")],
            verdict: .idle(.tunnel(kind: "wireguard"))),
        Case(
            name: "a pattern names no loopback", overrides: [.init(interface: "l*", destination: literal)],
            interface: Interface(index: 1, name: "lo", isLoopback: true), addresses: [address("10.0.0.2")],
            verdict: .idle(.loopback)),
        Case(
            name: "first matching override", overrides: [
                .init(interface: "lan0", destination: HostPort(host: "192.0.2.1", port: 1)),
                .init(interface: "wan0", destination: HostPort(host: "192.0.2.2", port: 59401)),
                .init(interface: "wan0", destination: HostPort(host: "192.0.2.3", port: 59401)),
            ], addresses: [address("10.0.0.2")], verdict: carries("10.0.0.2 192.0.2.2")),
        Case(
            name: "IPv6 destination", destination: HostPort(host: "2001:db8::9", port: 59401),
            addresses: [address("10.0.0.2"), address("fe80::1"), address("2001:db8::2")],
            verdict: carries("2001:db8::2 2001:db8::9")),
        Case(
            name: "IPv6 destination, IPv4 interface", destination: HostPort(host: "2001:db8::9", port: 59401),
            addresses: [address("10.0.0.2"), address("fe80::1")],
            verdict: .idle(.noAddressOfDestinationFamily(.v6))),
        Case(
            name: "IPv4 destination, IPv6 interface", addresses: [address("2001:db8::2")],
            verdict: .idle(.noAddressOfDestinationFamily(.v4))),
        Case(
            name: "deprecated and temporary come last, tentative and duplicate not at all",
            destination: HostPort(host: "2001:db8::9", port: 59401),
            addresses: [
                address("2001:db8::2") { $0.isTentative = true },
                address("2001:db8::3") { $0.isDeprecated = true },
                address("2001:db8::4") { $0.isTemporary = true }, address("2001:db8::5"),
                address("2001:db8::6") { $0.isDuplicate = true },
            ],
            verdict: carries("2001:db8::5 2001:db8::9", "2001:db8::4 2001:db8::9", "2001:db8::3 2001:db8::9")),
        Case(
            name: "a deprecated address is taken when there is no other",
            addresses: [address("10.0.0.2") { $0.isDeprecated = true }], verdict: carries("10.0.0.2 203.0.113.9")),
        Case(
            name: "a tentative address is not taken", destination: HostPort(host: "2001:db8::9", port: 59401),
            addresses: [address("2001:db8::2") { $0.isTentative = true }], verdict: .idle(.tentativeAddress)),
        Case(
            name: "a tentative address that is in use stays", destination: HostPort(host: "2001:db8::9", port: 59401),
            addresses: [address("2001:db8::2") { $0.isTentative = true }], current: "2001:db8::2",
            verdict: carries("2001:db8::2 2001:db8::9")),
        Case(
            name: "a duplicate address that is in use does not",
            destination: HostPort(host: "2001:db8::9", port: 59401),
            addresses: [address("2001:db8::2") { $0.isDuplicate = true }], current: "2001:db8::2",
            verdict: .idle(.noEligibleAddress)),
        Case(
            name: "name without an answer", destination: named, addresses: [address("10.0.0.2")],
            verdict: .idle(.unresolved(named))),
        Case(
            name: "name with both families prefers IPv4", destination: named,
            addresses: [address("10.0.0.2"), address("2001:db8::2")], answers: ["2001:db8::9", "203.0.113.9"],
            verdict: carries("10.0.0.2 203.0.113.9", "2001:db8::2 2001:db8::9")),
        Case(
            name: "name with both families, and no route for IPv4", destination: named,
            addresses: [address("10.0.0.2"), address("2001:db8::2")], answers: ["203.0.113.9", "2001:db8::9"],
            routes: FakeRoutes(unreachable: ["203.0.113.9"]), verdict: carries("2001:db8::2 2001:db8::9")),
        Case(
            name: "name with both families, of which IPv6 has answered", destination: named,
            addresses: [address("10.0.0.2"), address("2001:db8::2")], answers: ["203.0.113.9", "2001:db8::9"],
            answered: ["2001:db8::9"], verdict: carries("2001:db8::2 2001:db8::9", "10.0.0.2 203.0.113.9")),
        Case(
            name: "name with both families, interface with IPv6", destination: named,
            addresses: [address("2001:db8::2")], answers: ["203.0.113.9", "2001:db8::9"],
            verdict: carries("2001:db8::2 2001:db8::9")),
        Case(
            name: "name with IPv6 only", destination: named,
            addresses: [address("10.0.0.2"), address("2001:db8::2")], answers: ["2001:db8::9"],
            verdict: carries("2001:db8::2 2001:db8::9")),
        Case(
            name: "first answer of the family", destination: named, addresses: [address("10.0.0.2")],
            answers: ["203.0.113.7", "203.0.113.8"],
            verdict: carries("10.0.0.2 203.0.113.7", "10.0.0.2 203.0.113.8")),
        Case(
            name: "every answer from the best source address before any from the next", destination: named,
            addresses: [address("10.0.0.2"), address("192.168.1.2")], answers: ["203.0.113.7", "203.0.113.8"],
            routes: FakeRoutes(unroutedPairs: ["192.168.1.2 203.0.113.8"]),
            verdict: carries("10.0.0.2 203.0.113.7", "10.0.0.2 203.0.113.8", "192.168.1.2 203.0.113.7")),
    ]

    @Test(arguments: cases)
    func verdict(_ one: Case) {
        let policy = LinkPolicy(
            destination: one.destination, overrides: one.overrides, excluded: one.excluded)
        var interface = one.interface
        interface.addresses = one.addresses
        let verdict = policy.judge(
            interface, current: one.current.flatMap { IPAddress($0) },
            answered: Set(one.answered.map { SocketAddress(IPAddress($0)!, port: 59401) }), routes: one.routes
        ) {
            #expect($0 == one.destination, "asked for what is no name")
            return one.answers.compactMap { IPAddress($0) }
        }
        #expect(verdict == one.verdict)
        if case .idle(let reason) = verdict { #expect(!reason.description.isEmpty) }
    }

    @Test(arguments: [(configured: false, swapped: false), (false, true), (true, false), (true, true)])
    func exclusion(configured: Bool, swapped: Bool) {
        var policy = LinkPolicy(destination: Self.literal, excluded: configured ? ["wan?"] : [])
        if swapped { policy.swapExclusion("wan0") }
        let excluded = configured != swapped
        #expect(policy.isExcluded("wan0") == excluded)
        #expect(policy.isExcluded("wan1") == configured, "a swap is for one name")

        var included = policy
        let answers = (included.include("wan0"), included.isExcluded("wan0"), included.include("wan0"))
        #expect(answers == (excluded, false, false))

        var shut = policy
        let contrary = (shut.exclude("wan0"), shut.isExcluded("wan0"), shut.exclude("wan0"))
        #expect(contrary == (!excluded, true, false))

        policy.resetExclusions()
        #expect(policy.isExcluded("wan0") == configured)
    }

    @Test func requestsForEverNewNamesAreBounded() {
        var policy = LinkPolicy(destination: Self.literal)
        let excluded = (0..<LinkPolicy.swappedMax).count { policy.exclude("none\($0)") }
        #expect(excluded == LinkPolicy.swappedMax)
        let isRefused = !policy.exclude("onemore")
        #expect(isRefused && !policy.isExcluded("onemore"))
        #expect(policy.swapped.count == LinkPolicy.swappedMax)
        let hasRoom = policy.include("none0") && policy.exclude("onemore")
        #expect(hasRoom)
    }

    /// An interface that comes later is none of those that are named, and becomes a link on request only.
    @Test func whatIsNotNamedIsIncludedOnRequest() {
        var policy = LinkPolicy(destination: Self.literal, excluded: ExcludedInterfaces([], allBut: ["eth0"]))
        #expect(!policy.isExcluded("eth0") && policy.isExcluded("wwan0"))
        let answers = (policy.include("wwan0"), policy.isExcluded("wwan0"), policy.exclude("wwan0"))
        #expect(answers == (true, false, true))
        #expect(policy.swapped.isEmpty)
    }

    @Test func requestIsNamedAsTheCause() {
        var policy = LinkPolicy(destination: Self.literal)
        let wasNew = policy.exclude("gone0")
        #expect(wasNew, "the name need not exist")
        let verdict = policy.judge(Interface(index: 3, name: "gone0"), routes: FakeRoutes()) { _ in [] }
        #expect(verdict == .excluded(by: .request))
    }

    @Test(arguments: [
        ("203.0.113.9", ["2001:db8::2", "10.0.0.2"], "10.0.0.2"),
        ("2001:db8::9", ["10.0.0.2", "2001:db8::2"], "2001:db8::2"),
        ("2001:db8::9", ["10.0.0.2"], nil),
        ("vpn.example", ["2001:db8::2", "10.0.0.2"], "10.0.0.2"),
        ("vpn.example", ["fe80::1", "2001:db8::2"], "2001:db8::2"),
        ("vpn.example", ["169.254.0.1", "fe80::1"], nil),
    ] as [(String, [String], String?)])
    func displayAddress(_ host: String, addresses: [String], expected: String?) {
        let policy = LinkPolicy(destination: HostPort(host: host, port: 1), excluded: ["*"])
        let interface = Interface(
            index: 2, name: "x", isAdministrativelyUp: false, addresses: addresses.map { Self.address($0) })
        #expect(policy.displayAddress(interface)?.description == expected)
    }
}
