// SPDX-License-Identifier: GPL-2.0-or-later

public import Host
internal import Links
public import Settings
internal import Sockets

/// Plans a client.
public struct ClientPlan: Sendable {
    public var answers: ClientAnswers
    public var bundle: ClientBundle
    public var uplinks: [Uplink]
    public var privateKey: String
    public var password: String
    /// Interfaces whose reverse-path filtering setup has loosened before.
    public var loosened: [String]
    /// True when wg-quick can tell this machine which servers of names to ask.
    public var takesNames: Bool

    public init(_ host: Host, _ answers: ClientAnswers, _ bundle: ClientBundle, _ uplinks: [Uplink]) async throws {
        self.answers = answers
        self.bundle = bundle
        self.uplinks = uplinks
        if let key = bundle.privateKey {
            privateKey = key
        } else {
            guard let known = try host.files.read(Places.privateKey)?.trimmed else {
                throw SetupFailure(
                    "the bundle holds no private key, and there is none in \(Places.privateKey): put the one there "
                        + "that belongs to \(bundle.publicKey)")
            }
            privateKey = known
        }
        let publicKey = try await WireGuardKeys(host).publicKey(of: privateKey)
        guard publicKey == bundle.publicKey else {
            throw SetupFailure("the private key belongs to \(publicKey), and the bundle is for \(bundle.publicKey)")
        }
        if let rival = try await Routes.read(host).rival(of: bundle.addresses.compactMap { AddressPrefix($0) }) {
            throw SetupFailure(
                "this machine has a route to \(rival), which lies in the tunnel's network: choose another one by "
                    + "engarde setup server --network, or use that network no longer here")
        }
        password = try PagePassword.current(host.files)
        takesNames = await host.run("resolvconf", "--version").status != CommandOutcome.notFoundStatus
        let text = try host.files.read(Places.sysctl) ?? ""
        loosened = text.split(separator: "\n").compactMap { line in
            let parts = line.split(separator: "/")
            return parts.count == 5 && parts[4].hasPrefix("rp_filter") ? String(parts[3]) : nil
        }
    }

    /// The links that are wanted, of those there are now.
    public var chosen: [Uplink] { uplinks.filter { answers.links?.contains($0.name) ?? true } }

    /// Bytes of a packet in the tunnel that each link carries in one piece.
    var mtu: Int {
        let own = TunnelMTU(links: chosen.map { ($0.name, $0.mtu, $0.destination.ip.family) })?.advised
        return min(bundle.mtu, own ?? bundle.mtu)
    }

    /// The address of the server that most links reach, the first of those.
    var server: HostPort {
        let counts = bundle.servers.map { server in chosen.count { $0.server == server } }
        let best = counts.max() ?? 0
        return bundle.servers[counts.firstIndex(of: best) ?? 0]
    }

    /// Says in one line which part of the bundle the plan leaves out, and what helps; nil for none.
    public var warning: String? {
        guard answers.fullTunnel, !takesNames, !bundle.dns.isEmpty else { return nil }
        let servers = bundle.dns.joined(separator: ", ")
        return "names are asked for outside of the tunnel, not at \(servers), for which wg-quick needs resolvconf: "
            + "apt-get install resolvconf, and engarde setup client again"
    }

    public func plan() -> Plan {
        let service = Places.service(.client)
        let (passwordAddition, tunnelAddition) = (
            Places.addition(to: service), Places.addition(to: Places.tunnelService)
        )
        var steps: [Step] = [
            .folder(Places.folder), .folder("/etc/wireguard", mode: 0o700), .folder("\(Places.units)/\(service).d"),
            .folder("\(Places.units)/\(Places.tunnelService).d"),
            .file(PlannedFile(Places.password, password + "\n", mode: 0o600, isKept: true)),
            .file(PlannedFile(Places.bundle, bundle.text, mode: 0o600, isKept: true)),
            .file(PlannedFile(Places.configuration, EngardeFile.client(answers, server: server), isKept: true)),
            .file(
                PlannedFile(
                    Places.wireGuard,
                    WireGuardFile.client(answers, bundle, privateKey: privateKey, mtu: mtu, takesNames: takesNames),
                    mode: 0o600, isKept: true)),
            .file(PlannedFile(passwordAddition, UnitFiles.password(.client))),
            .file(PlannedFile(tunnelAddition, UnitFiles.tunnel(.client))),
        ]
        var settings = KernelSettings()
        let strict = Set(loosened + chosen.filter(\.isFilteredStrictly).map(\.name))
        for name in strict.sorted() { settings.add("net/ipv4/conf/\(name)/rp_filter", "2") }
        if !strict.isEmpty {
            steps += [.folder("/etc/sysctl.d"), .file(PlannedFile(Places.sysctl, settings.text("setup client")))]
            steps += settings.steps
        }
        if answers.fullTunnel {
            // wg-quick sets it, and never sets it back.
            steps.append(.setting(path: "/proc/sys/net/ipv4/conf/all/src_valid_mark", value: "1"))
        }
        steps += [
            .service(PlannedService(service, files: [Places.configuration, Places.password, passwordAddition])),
            .service(PlannedService(Places.tunnelService, files: [Places.wireGuard])),
        ]
        return Plan(role: .client, client: answers, steps: steps)
    }
}
