// SPDX-License-Identifier: GPL-2.0-or-later

import ArgumentParser
import Host
import Settings
import Setup
import Sockets

/// `engarde setup server`
struct SetupServer: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "server", abstract: "Set this machine up as the server, with WireGuard behind it.")

    @Option(help: "A name or address by which clients reach this machine; may be given more than once, the best first.")
    var address: [String] = []

    @Option(help: "The UDP port clients send to.")
    var port: UInt16?

    @Option(help: "The tunnel's network: a /24 of IPv4 and a /64 of IPv6, as in 10.77.0.0/24,fd77::/64.")
    var network: String?

    @Flag(inversion: .prefixedNo, help: "Let clients reach the internet through here.")
    var internet: Bool?

    @Option(help: "The name of the first client.")
    var client: String?

    @Option(help: "The address of a name server for clients that send everything through the tunnel; repeatable.")
    var dns: [String] = []

    @OptionGroup var options: PlanOptions

    func validate() throws {
        for text in address where !ServerAddress.isValid(text) {
            throw ValidationError("--address wants \(ServerAddress.wanted)")
        }
        if let network, TunnelNetwork(network) == nil { throw ValidationError("--network wants \(Self.networkWanted)") }
        if let client, !ClientBundle.isName(client) { throw ValidationError("--client wants \(ClientName.wanted)") }
        if port == 0 { throw ValidationError("--port wants a number from 1 to 65535") }
        for text in dns where IPAddress(text) == nil { throw ValidationError("--dns wants an address, as 192.0.2.53") }
    }

    private static let networkWanted = "a /24 of IPv4 and a /64 of IPv6, as in 10.77.0.0/24,fd77::/64"

    func run() async throws {
        try PlanOptions.needRoot("setup server")
        let host = Host()
        let lock = try await options.lock()
        defer { withExtendedLifetime(lock) {} }
        let interview = try Interview(
            saysYes: options.asksNothing, flags: "--address, --port, --network, --internet or --no-internet, --client")
        let known = try SetupRecord.read(host.files)
        try await Requirements.check(
            host, role: .server, needsFirewall: internet ?? known?.server?.internet ?? true, isDryRun: options.dryRun)
        try Requirements.checkFiles(host, known, role: .server)
        let routes = try await Routes.read(host)
        let answers = try await answers(host, interview, known?.server, routes)
        var making = try await ServerPlan(host, answers, clients: ServerClients.all(host))
        let moved = try making.moveClients()
        let name = try making.clients.isEmpty || client != nil ? firstClient(interview) : nil
        if let name, !making.clients.contains(where: { $0.name == name }) {
            making.clients.append(try await making.bundle(name, publicKey: nil, host))
        }
        let plan = await making.plan(firewall: Firewall.read(host), routes: routes)
        guard try await options.carryOut(plan, host, interview) else { return }
        if !moved.isEmpty {
            print(
                """
                warn the bundles of \(moved.joined(separator: ", ")) have changed: these clients need theirs again
                     each by  ssh root@\(answers.addresses[0]) engarde client show NAME | engarde setup client -
                """)
        }
        try await ServerProof(host, answers).print()
        guard let first = name ?? making.clients.first?.name else { return }
        print(
            """
            next, on the client:  ssh root@\(answers.addresses[0]) engarde client show \(first) | engarde setup client -
              or carry \(Places.clientBundle(first)) there, and: engarde setup client \(first).bundle
            """)
    }

    private func firstClient(_ interview: Interview) throws -> String {
        try interview.answer(
            "Name of the first client", given: client, usual: "client1", flag: "--client", wanted: ClientName.wanted
        ) { ClientBundle.isName($0) ? $0 : nil }
    }

    /// - Parameter known: the answers of an earlier run.
    private func answers(
        _ host: Host, _ interview: Interview, _ known: ServerAnswers?, _ routes: Routes
    ) async throws -> ServerAnswers {
        let ports = await Ports.read(host)
        let addresses = try interview.answer(
            "Address clients reach this machine at", given: address.isEmpty ? nil : TypedList(address),
            usual: (known?.addresses ?? ServerAddress.usual().map { [$0] }).map(TypedList.init), flag: "--address",
            wanted: ServerAddress.wanted
        ) { TypedList($0, where: ServerAddress.isValid) }.items
        let port = try interview.answer(
            "UDP port", given: port, usual: known?.port ?? freePort(ports), flag: "--port",
            wanted: "a free port from 1 to 65535"
        ) { UInt16($0).flatMap { $0 > 0 && (ports.owner(.udp, $0) == nil || $0 == known?.port) ? $0 : nil } }
        if port != known?.port, let owner = ports.owner(.udp, port) {
            throw SetupFailure("UDP port \(port) is in use by \(owner)")
        }
        var generator = SystemRandomNumberGenerator()
        let usual = known?.network ?? TunnelNetwork.random(avoiding: routes.networks, using: &generator)
        let network = try interview.answer(
            "Tunnel network", given: network.flatMap { TunnelNetwork($0) }, usual: usual, flag: "--network",
            wanted: Self.networkWanted
        ) { TunnelNetwork($0) }
        guard !network.overlaps(routes.networks) else {
            throw SetupFailure("the tunnel's network \(network) overlaps a route of this machine: choose another one")
        }
        let internet = try interview.agrees(
            "May clients reach the internet through here?", given: internet, usual: known?.internet ?? true,
            flag: "--internet")
        return ServerAnswers(
            addresses: addresses, port: port, network: network, internet: internet,
            wireGuardPort: wireGuardPort(known, besides: port, ports),
            pagePort: known?.pagePort ?? ports.free(.tcp, from: 9001), dns: dns.isEmpty ? known?.dns ?? [] : dns)
    }

    private func wireGuardPort(_ known: ServerAnswers?, besides port: UInt16, _ ports: Ports) -> UInt16 {
        if let known = known?.wireGuardPort, known != port { return known }
        return ports.free(.udp, from: 51820, besides: port)
    }

    /// The usual port, or the next one that is free; says whose the usual one is.
    private func freePort(_ ports: Ports) -> UInt16 {
        let usual: UInt16 = 59501
        if let owner = ports.owner(.udp, usual) { print("  UDP port \(usual) is in use by \(owner)") }
        return ports.free(.udp, from: usual)
    }
}
