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
    private func write(_ text: String, _ path: String) throws {
        try machine.host.files.write(text, to: path, mode: 0o600)
    }

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
        #expect(try await making.plan(machine.host).changes(machine.host).isEmpty)
    }

    @Test func theWordsOfAPlanNameWhatIsTakenBack() async throws {
        try await Scene.setUpServer(machine)
        let making = try await ServerPlan(
            machine.host, Scene.server(internet: false), clients: try ServerClients.all(machine.host))
        let changes = try await making.plan(machine.host).changes(machine.host)
        #expect(Plan.summary(changes) == "4 files, 1 kernel setting, 1 service")
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

    /// Another client is no reason to lose what a user has made of the files.
    @Test func clientsComeAndGoBesideChangesMadeByHand() async throws {
        try await Scene.setUpServer(machine)
        let configuration = try read(Places.configuration) + "# mine\n"
        try write(configuration, Places.configuration)
        let tunnel = try read(Places.wireGuard).replacing("[Interface]\n", with: "[Interface]\nPostUp = mine\n")
        try write(tunnel, Places.wireGuard)
        let count = machine.changes.count
        try await Scene.addClient(machine, "bus")
        #expect(try read(Places.configuration) == configuration)
        let key = try ClientBundle(text: try read(Places.clientBundle("bus")), file: "").publicKey
        #expect(try read(Places.wireGuard).hasPrefix(tunnel) && read(Places.wireGuard).contains("PublicKey = \(key)\n"))
        try await Scene.removeClient(machine, "bus")
        #expect(try read(Places.configuration) == configuration)
        #expect(try read(Places.wireGuard).split(separator: "\n") == tunnel.split(separator: "\n"))
        let done = machine.changes.dropFirst(count).filter { !$0.contains("enable") }
        #expect(Set(done) == ["systemctl reload \(Places.tunnelService)"])
        // Setup itself writes the files anew, and a copy of what was there.
        let making = try await ServerPlan(machine.host, Scene.server(), clients: try ServerClients.all(machine.host))
        let plan = try await making.plan(machine.host)
        #expect(try plan.filesChangedByHand(machine.host) == [Places.configuration, Places.wireGuard])
        try await Scene.setUpServer(machine)
        #expect(try plan.filesChangedByHand(machine.host).isEmpty)
        #expect(try read(Places.wireGuard + ".old").contains("PostUp = mine\n"))
        #expect(try !read(Places.wireGuard).contains("PostUp"))
    }

    /// A bundle that is shown later fits the server as it is then.
    @Test func bundlesFollowTheServer() async throws {
        try await Scene.setUpServer(machine)
        let host = machine.host
        let key = try #require(WireGuardFile.privateKey(in: try read(Places.wireGuard)))
        try write(try read(Places.wireGuard).replacing(key, with: "another" + key.dropFirst(7)), Places.wireGuard)
        var answers = Scene.server(port: 59999)
        answers.dns = ["149.112.112.112"]
        var bundle = try #require(try ServerClients.all(host).first)
        bundle.mtu = 1400
        try write(bundle.text, Places.clientBundle("van"))
        var making = try await ServerPlan(host, answers, clients: try ServerClients.all(host))
        #expect(making.publicKey != bundle.serverPublicKey)
        #expect(try making.moveClients() == ["van"])
        #expect(try making.moveClients().isEmpty)
        let moved = making.clients[0]
        #expect(moved.servers == [HostPort(host: "203.0.113.7", port: 59999)])
        #expect(moved.serverPublicKey == making.publicKey && moved.mtu == 1420 && moved.dns == answers.dns)
    }

    /// With another key the server would be a stranger to its clients.
    @Test func aLostKeyIsNotReplaced() async throws {
        try await Scene.setUpServer(machine)
        for text in [nil, "[Interface]\nListenPort = 51820\n"] {
            if let text { try write(text, Places.wireGuard) } else { try machine.host.files.remove(Places.wireGuard) }
            let failure = await #expect(throws: SetupFailure.self) { try await Scene.setUpServer(machine) }
            #expect(failure?.description.hasPrefix("\(Places.wireGuard) holds no private key") == true)
            #expect(failure?.description.contains("engarde uninstall --purge") == true)
        }
    }

    /// Whatever ends the first setup, the key that is in a bundle is in WireGuard's file too.
    @Test func anEndBetweenTheFilesLosesNoKey() async throws {
        for path in [Places.clientBundle("van"), Places.configuration] {
            let machine = try FakeMachine()
            for folder in [Places.folder, Places.clients, path] { try machine.host.files.makeFolder(folder) }
            await #expect(throws: (any Error).self) { try await Scene.setUpServer(machine) }
            machine.host.files.removeEmptyFolder(path)
            try await Scene.setUpServer(machine)
            let making = try await ServerPlan(
                machine.host, Scene.server(), clients: try ServerClients.all(machine.host))
            #expect(making.clients.map(\.serverPublicKey) == [making.publicKey])
        }
    }

    /// Two that add clients do not give them one address.
    @Test func setupsAreOneAfterTheOther() async throws {
        try await Scene.setUpServer(machine)
        await withThrowingTaskGroup { group in
            for number in 1...6 {
                group.addTask { [machine] in
                    let lock = try await SetupLock(machine.host.files, patience: .seconds(600))
                    defer { withExtendedLifetime(lock) {} }
                    try await Scene.addClient(machine, "c\(number)")
                }
            }
        }
        #expect(try Set(ServerClients.all(machine.host).flatMap(\.addresses)).count == 14)
        let lock = try await SetupLock(machine.host.files)
        await #expect(throws: SetupFailure.self) { _ = try await SetupLock(machine.host.files, patience: .zero) }
        withExtendedLifetime(lock) {}
    }

    @Test func aTornBundleIsNamedWithWhatHelps() async throws {
        try await Scene.setUpServer(machine)
        try write("version: 1\n", Places.clientBundle("van"))
        let failure = try #require(throws: SetupFailure.self) { try ServerClients.all(machine.host) }
        #expect(failure.description.hasPrefix(Places.clientBundle("van")))
        #expect(failure.description.hasSuffix("delete that file, and then: engarde client add van"))
    }

    /// A server that was taken back does not come again with the next client.
    @Test func keysAloneAreNoServer() async throws {
        #expect(SetupRecord(role: .server).isInForce == false)
        try await Scene.setUpServer(machine)
        #expect(try SetupRecord.read(machine.host.files)?.isInForce == true)
        #expect(try await Removal(machine.host, purges: false) { _ in }.carryOut())
        let record = try #require(try SetupRecord.read(machine.host.files))
        #expect(!record.isInForce)
        #expect(
            throws: SetupFailure(
                "keys of a server are here still: engarde uninstall --purge first, to make a client of this machine")
        ) {
            try Requirements.checkFiles(machine.host, record, role: .client)
        }
    }

    /// Somebody has emptied all tables of the kernel's packet filter.
    @Test func aTableThatIsGoneIsLoadedAgain() async throws {
        try await Scene.setUpServer(machine)
        let count = machine.changes.count
        machine.trace.withLock { $0.broken = "nft list table" }
        try await Scene.setUpServer(machine)
        #expect(machine.changes.dropFirst(count).contains("systemctl restart \(Places.networkService)"))
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

    /// firewalld may be stopped when setup is taken back: its rules for later starts are taken back all the same.
    @Test func rulesOfAStoppedFirewallAreTakenBack() async throws {
        machine.trace.withLock { $0.state.firewall = .firewalld }
        let before = try machine.files()
        try await Scene.setUpServer(machine)
        let permanent: Set = ["--permanent --port=59501/udp", "--permanent --zone=trusted --interface=engarde0"]
        #expect(machine.state.rules == permanent.union(["--port=59501/udp", "--zone=trusted --interface=engarde0"]))
        machine.trace.withLock {
            $0.state.firewall = .none
            // Those for the running firewall end with it.
            $0.state.rules = permanent
        }
        #expect(try await Removal(machine.host, purges: true) { _ in }.carryOut())
        #expect(machine.state.rules.isEmpty)
        #expect(try machine.files() == before)
    }

    /// A rule that a running firewall does not let go is tried again.
    @Test func aRefusalOfTheFirewallIsTold() async throws {
        machine.trace.withLock { $0.state.firewall = .firewalld }
        try await Scene.setUpServer(machine)
        machine.trace.withLock { $0.broken = "firewall-cmd --remove-port" }
        #expect(try await !Removal(machine.host, purges: true) { _ in }.carryOut())
        machine.trace.withLock { $0.broken = nil }
        #expect(try await Removal(machine.host, purges: true) { _ in }.carryOut())
        #expect(machine.state.rules.isEmpty)
    }

    @Test func theInterfaceOfAnEndedTrialIsNoObstacle() async throws {
        for path in ["/sys", "/sys/class", "/sys/class/net", "/sys/class/net/engarde-probe"] {
            try machine.host.files.makeFolder(path)
        }
        machine.trace.withLock { ($0.hasProbe, $0.missing) = (true, ["wireguard-go"]) }
        try await Requirements.check(machine.host, role: .server, needsFirewall: true)
    }

    /// `--dry-run` changes nothing, not even for a moment.
    @Test func aDryRunMakesNoInterface() async throws {
        machine.trace.withLock { $0.broken = "ip link" }
        try await Requirements.check(machine.host, role: .server, needsFirewall: true, isDryRun: true)
        machine.trace.withLock { $0.missing = ["wireguard-go"] }
        try await Requirements.check(machine.host, role: .server, needsFirewall: true, isDryRun: true)
        await #expect(throws: SetupFailure.self) {
            try await Requirements.check(machine.host, role: .server, needsFirewall: true)
        }
    }

    @Test func missingProgramsAreNamed() async throws {
        machine.trace.withLock { $0.missing = ["nft"] }
        try await Requirements.check(machine.host, role: .server, needsFirewall: false)
        await #expect(
            throws: SetupFailure(
                "missing: nftables: apt-get install nftables, or --no-internet, for a server that passes nothing on")
        ) {
            try await Requirements.check(machine.host, role: .server, needsFirewall: true)
        }
    }
}
