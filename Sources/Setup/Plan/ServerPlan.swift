// SPDX-License-Identifier: GPL-2.0-or-later

public import Host
internal import Links
public import Settings
internal import WireGuardWire

/// Plans a server.
public struct ServerPlan: Sendable {
    public var answers: ServerAnswers
    public var clients: [ClientBundle]
    public var privateKey: String
    public var publicKey: String
    public var password: String
    /// WireGuard's file, if a user has changed what setup wrote.
    private let changedTunnel: String?

    /// Bytes of a packet in the tunnel, for the paths of the Internet as they are as a rule.
    static let mtu = TunnelMTU.ofThePublicInternet.advised

    /// Takes the keys that are there, or makes new ones.
    ///
    /// - Parameter clients: those the server shall have.
    /// - Throws: also when there are clients, and the key by which they know the server is gone.
    public init(_ host: Host, _ answers: ServerAnswers, clients: [ClientBundle]) async throws {
        self.answers = answers
        self.clients = clients
        let text = try host.files.read(Places.wireGuard)
        let written = try SetupRecord.read(host.files)?.fileEntry(Places.wireGuard)?.written
        changedTunnel = text.flatMap { hexDigest(of: Array($0.utf8)) == written ? nil : $0 }
        let known = text.flatMap { WireGuardFile.privateKey(in: $0) }
        guard known != nil || clients.isEmpty else {
            throw SetupFailure(
                "\(Places.wireGuard) holds no private key, and the clients know the server by the one that was there: "
                    + "put the file back, or begin anew by engarde uninstall --purge, with new bundles for all clients")
        }
        let keys = WireGuardKeys(host)
        privateKey = if let known { known } else { try await keys.privateKey() }
        publicKey = try await keys.publicKey(of: privateKey)
        password = try PagePassword.current(host.files)
    }

    /// Writes where the server is now, and what else a client has to know of it, into the bundles of clients.
    ///
    /// - Returns: the names of the clients whose bundles have changed, which need the new ones.
    /// - Throws: when they have addresses of another network.
    @discardableResult
    public mutating func moveClients() throws -> [String] {
        var moved: [String] = []
        for index in clients.indices {
            var client = clients[index]
            guard client.serverAddresses == answers.network.addresses(1) else {
                throw SetupFailure(
                    "clients have addresses of another network: engarde client remove NAME, and add them again afterwards"
                )
            }
            client.servers = servers
            client.serverPublicKey = publicKey
            client.mtu = Self.mtu
            client.dns = answers.dns
            if client != clients[index] { moved.append(client.name) }
            clients[index] = client
        }
        return moved
    }

    /// The addresses, with the port, at which clients reach engarde-server.
    private var servers: [HostPort] { answers.addresses.map { HostPort(host: $0, port: answers.port) } }

    /// Makes a bundle for a new client, with the first address that is free.
    ///
    /// - Parameter publicKey: of a client that keeps its private key; nil makes one.
    public func bundle(_ name: String, publicKey given: String?, _ host: Host) async throws -> ClientBundle {
        let taken = Set(clients.flatMap(\.addresses))
        let number = (2...TunnelNetwork.clientsMax + 1).first {
            taken.isDisjoint(with: answers.network.addressesWithLength($0))
        }
        guard let number else {
            throw SetupFailure("the tunnel's network has no address left: engarde client remove NAME frees one")
        }
        let keys = WireGuardKeys(host)
        let privateKey = given == nil ? try await keys.privateKey() : nil
        let ownKey = if let privateKey { try await keys.publicKey(of: privateKey) } else { given! }
        guard !clients.contains(where: { $0.publicKey == ownKey }) else {
            throw SetupFailure("another client has this public key")
        }
        return ClientBundle(
            name: name, servers: servers, serverPublicKey: publicKey,
            presharedKey: try await keys.presharedKey(), privateKey: privateKey, publicKey: ownKey,
            addresses: answers.network.addressesWithLength(number), serverAddresses: answers.network.addresses(1),
            mtu: Self.mtu, dns: answers.dns)
    }

    /// Returns the steps that take clients in and out, and leave alone what else a user may have changed.
    ///
    /// - Parameters:
    ///   - added: clients that are new.
    ///   - removed: clients that shall go.
    public func clientsPlan(added: [ClientBundle] = [], removed: [ClientBundle] = []) -> Plan {
        var text = tunnelText
        if let changedTunnel {
            text = WireGuardFile.amended(changedTunnel, removed: removed.map(\.publicKey), added: added)
        }
        let steps: [Step] =
            bundles + [
                .file(
                    PlannedFile(
                        Places.wireGuard, text, mode: 0o600, isKept: true, reloadsFrom: WireGuardFile.peer,
                        isAmended: changedTunnel != nil)),
                .service(PlannedService(Places.tunnelService, files: [Places.wireGuard])),
            ]
        // As long as a client may connect, it can be named.
        let removals = removed.map { Step.removal(Places.clientBundle($0.name)) }
        return Plan(role: .server, server: answers, steps: steps + removals, isPart: true)
    }

    /// Always in one order, so that nothing changes but what is changed.
    private var sortedClients: [ClientBundle] { clients.sorted { $0.name < $1.name } }

    private var bundles: [Step] {
        sortedClients.map { .file(PlannedFile(Places.clientBundle($0.name), $0.text, mode: 0o600, isKept: true)) }
    }

    private var tunnelText: String {
        WireGuardFile.server(answers, privateKey: privateKey, mtu: Self.mtu, clients: sortedClients)
    }

    /// Returns everything that the server needs.
    ///
    /// - Parameters:
    ///   - firewall: the one of this machine, which has to let clients in.
    ///   - routes: of this machine, which say what it can forward to.
    public func plan(firewall: Firewall, routes: Routes) -> Plan {
        let service = Places.service(.server)
        let (passwordAddition, tunnelAddition) = (
            Places.addition(to: service), Places.addition(to: Places.tunnelService)
        )
        var steps: [Step] = [
            .folder(Places.folder), .folder(Places.clients, mode: 0o700), .folder("/etc/wireguard", mode: 0o700),
            .folder("\(Places.units)/\(service).d"), .folder("\(Places.units)/\(Places.tunnelService).d"),
            .file(PlannedFile(Places.password, password + "\n", mode: 0o600, isKept: true)),
            .file(
                PlannedFile(
                    Places.configuration, EngardeFile.server(answers, publicKey: publicKey), isKept: true)),
            // Before the bundles, so that no client knows a server's key that could still be lost.
            .file(
                PlannedFile(
                    Places.wireGuard, tunnelText, mode: 0o600, isKept: true, reloadsFrom: WireGuardFile.peer)),
        ]
        steps += bundles
        steps += [
            .file(PlannedFile(passwordAddition, UnitFiles.password(.server))),
            .file(PlannedFile(tunnelAddition, UnitFiles.tunnel(.server))),
        ]
        steps += firewall.opening(answers.port)
        if answers.internet { steps += forwarding(firewall, routes) }
        steps += [
            .service(PlannedService(service, files: [Places.configuration, Places.password, passwordAddition])),
            .service(PlannedService(Places.tunnelService, files: [Places.wireGuard])),
        ]
        return Plan(role: .server, server: answers, steps: steps)
    }

    private func forwarding(_ firewall: Firewall, _ routes: Routes) -> [Step] {
        let unit = "\(Places.units)/\(Places.networkService)"
        let addition = Places.addition(to: Places.tablesService)
        var settings = KernelSettings()
        settings.add("net/ipv4/ip_forward", "1")
        if routes.reachesIPv6 {
            // Before forwarding, which would end the kernel's own default route.
            for device in routes.advertised.sorted() { settings.add("net/ipv6/conf/\(device)/accept_ra", "2") }
            settings.add("net/ipv6/conf/all/forwarding", "1")
        }
        return [
            .folder("/etc/sysctl.d"), .file(PlannedFile(Places.sysctl, settings.text("setup server"))),
            .file(PlannedFile(Places.firewall, FirewallFile.text(answers.network))),
            .file(PlannedFile(unit, UnitFiles.network)),
            .folder("\(Places.units)/\(Places.tablesService).d"), .file(PlannedFile(addition, UnitFiles.nftables)),
        ] + settings.steps + firewall.forwarding + [
            .service(
                PlannedService(
                    Places.networkService, files: [Places.firewall, unit],
                    check: Command("nft", "list", "table", "inet", "engarde")))
        ]
    }
}
