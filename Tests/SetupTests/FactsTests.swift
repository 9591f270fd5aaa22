// SPDX-License-Identifier: GPL-2.0-or-later

import Host
import Sockets
import Support
import Synchronization
import Testing

@testable import Setup

@Suite struct FactsTests {
    @Test func networksAvoidTheRoutesOfTheMachine() throws {
        var generator = SeededGenerator(seed: 1)
        // All but 10.127.255.0/24.
        let routes = (64...127).flatMap { x in
            (0...255).filter { x != 127 || $0 != 255 }.map { AddressPrefix("10.\(x).\($0).0/24")! }
        }
        #expect(TunnelNetwork.random(avoiding: [AddressPrefix("10.0.0.0/8")!], using: &generator) == nil)
        for _ in 0..<100 {
            let network = try #require(TunnelNetwork.random(avoiding: [], using: &generator))
            #expect(TunnelNetwork(network.description) == network)
            #expect(network.description.contains(",fd"))
        }
        #expect(TunnelNetwork("10.127.255.0/24,fd00::/64")?.overlaps(routes) == false)
        #expect(TunnelNetwork("10.127.254.0/24,fd00::/64")?.overlaps(routes) == true)
        #expect(
            TunnelNetwork("10.1.2.0/24,fd00::/64")?.overlaps([.allV4, .allV6]) == false,
            "a default route is in nobody's way")
    }

    @Test func networksAreOfOneSize() {
        #expect(TunnelNetwork("fd77::/64, 10.77.0.0/24")?.addressesWithLength(2) == ["10.77.0.2/24", "fd77::2/64"])
        for text in [
            "", "10.77.0.0/24", "10.77.0.0/16,fd77::/64", "fd77::/64,fd78::/64", "127.0.0.0/24,fd77::/64", "a,b",
        ] {
            #expect(TunnelNetwork(text) == nil, "\(text)")
        }
    }

    @Test func portsAreRead() {
        var ports = Ports()
        ports.add(
            """
            UNCONN 0 0 0.0.0.0:59501 0.0.0.0:* users:(("openvpn",pid=7,fd=4))
            UNCONN 0 0 [::]:59502 [::]:*

            """, .udp)
        #expect(ports.owner(.udp, 59501) == "openvpn")
        #expect(ports.owner(.udp, 59502) != nil)
        #expect(ports.free(.udp, from: 59501) == 59503)
        #expect(ports.free(.udp, from: 59501, besides: 59503) == 59504)
        #expect(ports.owner(.tcp, 59501) == nil)
    }

    @Test func routesAreRead() throws {
        var routes = Routes()
        try routes.add(
            #"[{"dst":"default","gateway":"fe80::1","dev":"ens3","protocol":"ra"},{"dst":"2001:db8::/64","dev":"ens3"},{"type":"local","dst":"2001:db8::5","dev":"ens3"},{"dst":"fd77::/64","dev":"engarde0"}]"#,
            "-6")
        #expect(routes.reachesIPv6 && routes.advertised == ["ens3"])
        #expect(routes.networks == [AddressPrefix("2001:db8::/64")!, AddressPrefix("2001:db8::5")!])
        try routes.add("", "-4")
        #expect(throws: (any Error).self) { try routes.add("Error: what?", "-4") }
    }

    @Test func privateAddressesReachNobody() {
        for text in ["10.1.2.3", "172.31.0.1", "192.168.1.1", "100.64.0.1", "fd00::1", "fe80::1", "127.0.0.1"] {
            #expect(AddressText.isPrivate(IPAddress(text)!), "\(text)")
        }
        for text in ["203.0.113.7", "172.32.0.1", "2001:db8::1", "100.128.0.1"] {
            #expect(!AddressText.isPrivate(IPAddress(text)!), "\(text)")
        }
    }

    /// Wherever a package or a user has put it, and whether or not systemd has time to answer.
    @Test(arguments: ["/etc", "/usr/local/lib", "/lib"]) func unitsAreFoundByTheirFiles(_ folder: String) throws {
        let machine = try FakeMachine()
        machine.trace.withLock { $0.broken = "systemctl" }
        #expect(!Units.exists(machine.host, "some.service"))
        var path = ""
        for part in "\(folder)/systemd/system".split(separator: "/") {
            path += "/\(part)"
            try machine.host.files.makeFolder(path)
        }
        try machine.host.files.write("", to: "\(path)/some.service", mode: 0o644)
        #expect(Units.exists(machine.host, "some.service"))
        try machine.host.files.write("", to: "\(path)/some@.service", mode: 0o644)
        #expect(Units.exists(machine.host, "some@one.service"))
        #expect(!Units.exists(machine.host, "other@one.service"))
    }
}
