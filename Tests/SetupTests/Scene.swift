// SPDX-License-Identifier: GPL-2.0-or-later

import Host
import Settings
import Sockets

@testable import Setup

/// A server and a client to plan.
enum Scene {
    static func server(internet: Bool = true, port: UInt16 = 59501) -> ServerAnswers {
        ServerAnswers(
            addresses: ["203.0.113.7"], port: port, network: TunnelNetwork("10.77.0.0/24,fd77::/64")!,
            internet: internet,
            wireGuardPort: 51820, pagePort: 9001, dns: ["9.9.9.9"])
    }

    static func client(links: [String]? = nil, fullTunnel: Bool = false) -> ClientAnswers {
        ClientAnswers(links: links, fullTunnel: fullTunnel, listenPort: 59401, pagePort: 9001)
    }

    static func uplink(_ name: String, mtu: Int = 1500, isStrict: Bool = false) -> Uplink {
        Uplink(
            name: name, mtu: mtu, source: IPAddress("192.0.2.10")!, gateway: IPAddress("192.0.2.1")!,
            server: HostPort(host: "203.0.113.7", port: 59501),
            destination: SocketAddress(IPAddress("203.0.113.7")!, port: 59501), isFilteredStrictly: isStrict)
    }

    /// As `engarde client add` does it.
    static func addClient(_ machine: FakeMachine, _ name: String) async throws {
        var making = try await ServerPlan(machine.host, server(), clients: try ServerClients.all(machine.host))
        let bundle = try await making.bundle(name, publicKey: nil, machine.host)
        making.clients.append(bundle)
        var application = try Application(machine.host, role: .server) { _ in }
        try await application.carryOut(making.clientsPlan(added: [bundle]))
    }

    /// As `engarde client remove` does it.
    static func removeClient(_ machine: FakeMachine, _ name: String) async throws {
        var making = try await ServerPlan(machine.host, server(), clients: try ServerClients.all(machine.host))
        let removed = making.clients.filter { $0.name == name }
        making.clients.removeAll { $0.name == name }
        var application = try Application(machine.host, role: .server) { _ in }
        try await application.carryOut(making.clientsPlan(removed: removed))
    }

    /// As `engarde setup server` does it with one new client.
    static func setUpServer(_ machine: FakeMachine, _ answers: ServerAnswers = server(), client: String? = "van")
        async throws
    {
        let known = try ServerClients.all(machine.host)
        var making = try await ServerPlan(machine.host, answers, clients: known)
        if let client, !known.contains(where: { $0.name == client }) {
            making.clients.append(try await making.bundle(client, publicKey: nil, machine.host))
        }
        var application = try Application(machine.host, role: .server) { _ in }
        try await application.carryOut(making.plan(machine.host))
    }
}

extension ServerPlan {
    /// Of a machine as it is now.
    func plan(_ host: Host) async throws -> Plan {
        plan(firewall: await Firewall.read(host), routes: try await Routes.read(host))
    }
}
