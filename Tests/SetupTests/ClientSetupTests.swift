// SPDX-License-Identifier: GPL-2.0-or-later

import Host
import Settings
import Synchronization
import Testing

@testable import Setup

@Suite struct ClientSetupTests {
    private let machine: FakeMachine
    private let bundle: ClientBundle

    init() async throws {
        machine = try FakeMachine()
        let server = try FakeMachine()
        let making = try await ServerPlan(server.host, Scene.server(), clients: [])
        bundle = try await making.bundle("van", publicKey: nil, server.host)
    }

    private func setUp(_ answers: ClientAnswers, _ uplinks: [Uplink]) async throws {
        let making = try await ClientPlan(machine.host, answers, bundle, uplinks)
        var application = try Application(machine.host, role: .client) { _ in }
        try await application.carryOut(making.plan())
    }

    private func read(_ path: String) throws -> String { try #require(try machine.host.files.read(path)) }

    @Test func everythingIsThere() async throws {
        try await setUp(
            Scene.client(links: ["eth0", "wwan0"]),
            [Scene.uplink("eth0"), Scene.uplink("eth1"), Scene.uplink("wwan0", mtu: 1430)])
        let configuration = try ConfigurationReader.client(text: try read(Places.configuration), file: "engarde.yml")
        #expect(configuration.warnings.isEmpty)
        #expect(configuration.value.destination == HostPort(host: "203.0.113.7", port: 59501))
        #expect(configuration.value.excludedInterfaces == ExcludedInterfaces([], allBut: ["eth0", "wwan0"]))
        let tunnel = try read(Places.wireGuard)
        #expect(tunnel.contains("Endpoint = 127.0.0.1:59401\n") && tunnel.contains("PersistentKeepalive = 25\n"))
        // 1,430 less the headers of IPv4, UDP and WireGuard.
        #expect(tunnel.contains("MTU = 1370\n"))
        #expect(tunnel.contains("AllowedIPs = 10.77.0.0/24, fd77::/64\n"))
        #expect(machine.state.active == [Places.service(.client), Places.tunnelService])
    }

    @Test func everythingGoesThroughTheTunnelIfWanted() async throws {
        try await setUp(Scene.client(fullTunnel: true), [Scene.uplink("eth0")])
        let tunnel = try read(Places.wireGuard)
        #expect(tunnel.contains("AllowedIPs = 0.0.0.0/0, ::/0\n"))
        #expect(!tunnel.contains("DNS"), "wg-quick fails on it without resolvconf")
        // wg-quick sets it for such a tunnel.
        #expect(try read("/proc/sys/net/ipv4/conf/all/src_valid_mark") == "1\n")
        #expect(try await Removal(machine.host, purges: true) { _ in }.carryOut())
        #expect(try read("/proc/sys/net/ipv4/conf/all/src_valid_mark").hasPrefix("0"))
    }

    /// A user whose names are asked for elsewhere than in the tunnel should know.
    @Test func namesOutsideOfTheTunnelAreWarnedOf() async throws {
        for (fullTunnel, hasTool) in [(true, false), (true, true), (false, false)] {
            machine.trace.withLock { $0.hasResolvconf = hasTool }
            let making = try await ClientPlan(
                machine.host, Scene.client(fullTunnel: fullTunnel), bundle, [Scene.uplink("eth0")])
            #expect((making.warning != nil) == (fullTunnel && !hasTool))
        }
        var bundle = bundle
        bundle.dns = []
        let making = try await ClientPlan(
            machine.host, Scene.client(fullTunnel: true), bundle, [Scene.uplink("eth0")])
        #expect(making.warning == nil)
    }

    /// Once loosened, the filter no longer looks strict, and stays loosened all the same.
    @Test func strictFiltersAreLoosenedForGood() async throws {
        try await setUp(Scene.client(), [Scene.uplink("eth0"), Scene.uplink("eth1", isStrict: true)])
        #expect(try read("/proc/sys/net/ipv4/conf/eth1/rp_filter") == "2\n")
        let text = try read(Places.sysctl)
        #expect(text.contains("-net/ipv4/conf/eth1/rp_filter = 2\n"))
        let count = machine.changes.count
        try await setUp(Scene.client(), [Scene.uplink("eth0"), Scene.uplink("eth1")])
        #expect(try read(Places.sysctl) == text && machine.changes.count == count)
        #expect(try await Removal(machine.host, purges: true) { _ in }.carryOut())
        #expect(try read("/proc/sys/net/ipv4/conf/eth1/rp_filter").hasPrefix("0"))
    }

    /// wg-quick fails where the network is there already, and packets go astray where a part of it is.
    @Test func aNetworkThatIsHereAlreadyIsRefused() async throws {
        func attempt(_ route: String, device: String = "eth0") async throws {
            let machine = try FakeMachine(routes: #"[{"dst":"\#(route)","dev":"\#(device)"}]"#)
            _ = try await ClientPlan(machine.host, Scene.client(), bundle, [Scene.uplink("eth0")])
        }
        for route in ["fd77::/64", "fd77::8000:0:0:0/65"] {
            let failure = await #expect(throws: SetupFailure.self) { try await attempt(route) }
            #expect(failure?.description.contains("engarde setup server --network") == true)
        }
        for route in ["default", "fd77::/48", "fd78::/64", "fd77::9"] { try await attempt(route) }
        try await attempt("fd77::/64", device: Places.tunnel)
    }

    @Test func aBundleWithoutThePrivateKeyNeedsItHere() async throws {
        var bundle = bundle
        let key = bundle.privateKey!
        bundle.privateKey = nil
        await #expect(throws: SetupFailure.self) {
            _ = try await ClientPlan(machine.host, Scene.client(), bundle, [Scene.uplink("eth0")])
        }
        try machine.host.files.makeFolder(Places.folder)
        try machine.host.files.write("another\n", to: Places.privateKey, mode: 0o600)
        await #expect(throws: SetupFailure.self) {
            _ = try await ClientPlan(machine.host, Scene.client(), bundle, [Scene.uplink("eth0")])
        }
        try machine.host.files.write(key + "\n", to: Places.privateKey, mode: 0o600)
        let making = try await ClientPlan(machine.host, Scene.client(), bundle, [Scene.uplink("eth0")])
        #expect(making.privateKey == key)
    }
}
