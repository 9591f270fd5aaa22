// SPDX-License-Identifier: GPL-2.0-or-later

import Host
import Settings
import Synchronization
import Testing

@testable import Setup

@Suite struct ServerSetupTests {
    private let machine: FakeMachine

    init() throws { machine = try FakeMachine() }

    private func read(_ path: String) throws -> String { try #require(try machine.host.files.read(path)) }

    @Test func everythingIsThere() async throws {
        try await Scene.setUpServer(machine)
        let configuration = try ConfigurationReader.server(text: try read(Places.configuration), file: "engarde.yml")
        #expect(configuration.warnings.isEmpty)
        #expect(configuration.value.listenAddress == HostPort(host: "", port: 59501))
        let bundle = try ClientBundle(text: try read(Places.clientBundle("van")), file: "")
        let tunnel = try read(Places.wireGuard)
        #expect(tunnel.contains("MTU = 1420\n") && tunnel.contains("ListenPort = 51820\n"))
        #expect(tunnel.contains("PublicKey = \(bundle.publicKey)\n") && tunnel.contains("10.77.0.2/32, fd77::2/128"))
        #expect(machine.host.files.mode(of: Places.wireGuard) == 0o600)
        #expect(machine.host.files.mode(of: Places.password) == 0o600)
        #expect(machine.host.files.mode(of: Places.clientBundle("van")) == 0o600)
        #expect(try read("/proc/sys/net/ipv4/ip_forward") == "1\n")
        let services = [Places.service(.server), Places.tunnelService, Places.networkService]
        #expect(machine.state.active == Set(services) && machine.state.enabled == Set(services))
    }

    /// A second time nothing is written, run or restarted.
    @Test func withoutAChangeNothingIsDone() async throws {
        try await Scene.setUpServer(machine)
        let (files, count) = (try machine.files(), machine.changes.count)
        let record = try read(Places.record)
        let making = try await ServerPlan(machine.host, Scene.server(), clients: try ServerClients.all(machine.host))
        #expect(try await making.plan(machine.host).changes(machine.host).isEmpty)
        try await Scene.setUpServer(machine)
        #expect(try machine.files() == files)
        #expect(machine.changes.count == count)
        #expect(try read(Places.record) == record)
    }

    /// Another client is taken in by WireGuard as it runs; another port starts the program that listens there anew.
    @Test func onlyWhatHasChangedIsStartedAgain() async throws {
        try await Scene.setUpServer(machine)
        var count = machine.changes.count
        try await Scene.setUpServer(machine, client: "bus")
        #expect(
            machine.changes.dropFirst(count).filter { !$0.contains("enable") } == [
                "systemctl reload \(Places.tunnelService)"
            ])
        count = machine.changes.count
        try await Scene.setUpServer(machine, Scene.server(port: 59999))
        let restarts = machine.changes.dropFirst(count).filter { !$0.contains("enable") }
        #expect(restarts == ["systemctl restart \(Places.service(.server))"])
    }

    @Test func clientsHaveAddressesOfTheirOwn() async throws {
        for name in ["a", "b", "c"] { try await Scene.setUpServer(machine, client: name) }
        #expect(
            try ServerClients.all(machine.host).map { $0.addresses[0] } == [
                "10.77.0.2/24", "10.77.0.3/24", "10.77.0.4/24",
            ])
        try await Scene.removeClient(machine, "b")
        #expect(try ServerClients.all(machine.host).map(\.name) == ["a", "c"])
        #expect(!(try read(Places.wireGuard).contains("# b")))
        try await Scene.setUpServer(machine, client: "d")
        #expect(
            try ServerClients.all(machine.host).map { $0.addresses[0] } == [
                "10.77.0.2/24", "10.77.0.4/24", "10.77.0.3/24",
            ])
    }

    @Test func aKeyThatStaysAtHomeIsInNoFile() async throws {
        let making = try await ServerPlan(machine.host, Scene.server(), clients: [])
        let bundle = try await making.bundle("van", publicKey: String(repeating: "k", count: 42) + "A=", machine.host)
        #expect(bundle.privateKey == nil && bundle.publicKey.hasPrefix("kkkk"))
        #expect(!bundle.text.contains("privateKey"))
    }

    /// A file that a user has written is put back at the end, and one that a user changes afterwards is not lost.
    @Test func filesOfTheUserAreKept() async throws {
        try machine.host.files.makeFolder(Places.folder)
        try machine.host.files.write("mine\n", to: Places.configuration, mode: 0o640)
        try await Scene.setUpServer(machine)
        try machine.host.files.write("changed\n", to: Places.configuration, mode: 0o640)
        try await Scene.setUpServer(machine)
        #expect(try read(Places.configuration + ".old") == "changed\n")
        #expect(try await Removal(machine.host, purges: true) { _ in }.carryOut())
        #expect(try read(Places.configuration) == "mine\n")
        #expect(machine.host.files.mode(of: Places.configuration) == 0o640)
    }

    /// Each change made by hand is in a copy of its own, and the same one in one only.
    @Test func everyChangeMadeByHandIsKept() async throws {
        try await Scene.setUpServer(machine)
        let copies = ["engarde.yml.old", "engarde.yml.2.old", "engarde.yml.3.old"].map { "\(Places.folder)/\($0)" }
        for text in ["first\n", "second\n", "first\n", "third\n"] {
            try machine.host.files.write(text, to: Places.configuration, mode: 0o600)
            try await Scene.setUpServer(machine)
        }
        #expect(try copies.map(read) == ["first\n", "second\n", "third\n"])
        #expect(machine.host.files.names(in: Places.folder).count { $0.hasSuffix(".old") } == 3)
        // The user's file was for its owner alone.
        #expect(machine.host.files.mode(of: copies[0]) == 0o600)
        #expect(try await Removal(machine.host, purges: true) { _ in }.carryOut())
        #expect(!machine.host.files.exists(copies[2]))
    }

    @Test func ufwHasTheRules() async throws {
        machine.trace.withLock { $0.state.firewall = .ufw }
        try await Scene.setUpServer(machine)
        #expect(machine.state.rules == ["allow 59501/udp", "route allow in on engarde0"])
        _ = try await Removal(machine.host, purges: true) { _ in }.carryOut()
        #expect(machine.state.rules.isEmpty)
    }

    /// A machine that forwards no longer listens to router advertisements, unless it is told to.
    @Test func iPv6GoesOn() async throws {
        let row = #"[{"dst":"default","gateway":"fe80::1","dev":"ens3","protocol":"ra"}]"#
        let machine = try FakeMachine(routes: row)
        try await Scene.setUpServer(machine)
        #expect(try machine.host.files.read("/proc/sys/net/ipv6/conf/ens3/accept_ra") == "2\n")
        #expect(try machine.host.files.read("/proc/sys/net/ipv6/conf/all/forwarding") == "1\n")
    }

    @Test func withoutTheInternetNothingIsForwarded() async throws {
        try await Scene.setUpServer(machine, Scene.server(internet: false))
        #expect(try read("/proc/sys/net/ipv4/ip_forward") == "0\n")
        #expect(!machine.state.active.contains(Places.networkService))
    }

    @Test func theOtherRoleIsRefused() async throws {
        try await Scene.setUpServer(machine)
        #expect(throws: SetupFailure.self) { _ = try Application(machine.host, role: .client) { _ in } }
    }

    @Test func clientsAreNamedByTheirPorts() async throws {
        for name in ["bus", "van"] { try await Scene.setUpServer(machine, client: name) }
        let keys = try ServerClients.all(machine.host).map(\.publicKey)
        let peers = zip(keys, ["127.0.0.1:40001", "(none)"]).map { key, endpoint in
            "engarde0\t\(key)\t(none)\t\(endpoint)\t10.77.0.2/32\t0\t0\t0\toff\n"
        }
        machine.trace.withLock { $0.dump = "engarde0\tprivate\tpublic\t51820\toff\n" + peers.joined() }
        #expect(await ClientNames.byPort(machine.host) == [40001: "bus"])
        #expect(await ClientNames.byPort(try FakeMachine().host).isEmpty)
    }
}
