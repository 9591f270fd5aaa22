// SPDX-License-Identifier: GPL-2.0-or-later

import Host
import Settings
import Synchronization
import Testing

@testable import Setup

/// A machine that is set up, and what becomes of it.
@Suite struct ChangeTests {
    private let machine: FakeMachine

    init() throws { machine = try FakeMachine() }

    private func read(_ path: String) throws -> String { try #require(try machine.host.files.read(path)) }
    private func write(_ text: String, _ path: String) throws { try machine.host.files.write(text, to: path, mode: 0o600) }

    /// A server that shall no longer pass on what comes by the tunnel does not.
    @Test func forwardingIsTakenBack() async throws {
        machine.trace.withLock { $0.state.firewall = .ufw }
        try await Scene.setUpServer(machine)
        try await Scene.setUpServer(machine, Scene.server(internet: false))
        #expect(try read("/proc/sys/net/ipv4/ip_forward").hasPrefix("0"))
        #expect(!machine.state.active.contains(Places.networkService))
        #expect(!machine.state.enabled.contains(Places.networkService))
        for path in [Places.sysctl, Places.firewall] { #expect(!machine.host.files.exists(path)) }
        #expect(machine.state.rules == ["allow 59501/udp"])
        let making = try await ServerPlan(
            machine.host, Scene.server(internet: false), clients: try ServerClients.all(machine.host))
        #expect(try await making.plan().changes(machine.host).isEmpty)
    }

    /// The port of an earlier run does not stay open; a firewall that is off for a while keeps its rules.
    @Test func thePortOfBeforeIsClosed() async throws {
        machine.trace.withLock { $0.state.firewall = .ufw }
        try await Scene.setUpServer(machine)
        try await Scene.setUpServer(machine, Scene.server(port: 59999))
        let rules: Set = ["allow 59999/udp", "route allow in on engarde0"]
        #expect(machine.state.rules == rules)
        machine.trace.withLock { $0.state.firewall = .none }
        try await Scene.setUpServer(machine, Scene.server(port: 59999))
        #expect(machine.state.rules == rules)
    }

    /// The packages whose work setup has used may be gone before it is taken back.
    @Test func whatIsUninstalledNeedsNotBeTakenBack() async throws {
        machine.trace.withLock { $0.state.firewall = .ufw }
        let before = try machine.files()
        try await Scene.setUpServer(machine)
        machine.trace.withLock { $0.missing = ["ufw", "systemctl"] }
        #expect(try await Removal(machine.host, purges: true) { _ in }.carryOut())
        #expect(try machine.files() == before)
    }
}
