// SPDX-License-Identifier: GPL-2.0-or-later

internal import Control
internal import ControlClient
internal import Glibc
public import Host
internal import Links
internal import Settings
public import Setup
internal import Sockets
internal import Status

extension Facts {
    /// Reads everything from a machine.
    ///
    /// - Parameters:
    ///   - file: the configuration's.
    ///   - sockets: the path of each role's control socket where the file names none.
    public static func gather(_ host: Host, file: String, sockets: @Sendable (Role) -> String) async -> Facts {
        var facts = Facts()
        facts.file = file
        facts.readConfiguration()
        facts.interfaces = (try? LinkMonitor.snapshot().interfaces) ?? []
        await facts.readWireGuard(host)
        facts.readNames()
        await facts.readLinks(host)
        await facts.readPrograms(sockets)
        await facts.readServices(host)
        facts.readSettings(host)
        await facts.readRules(host)
        await facts.readClock(host)
        return facts
    }

    private mutating func readConfiguration() {
        do throws(ConfigurationRefusal) {
            let text = try ConfigurationText(reading: file)
            let isServer = text.sections.contains("server")
            if !isServer || text.sections.contains("client") {
                let loaded = try ConfigurationReader.client(text)
                client = loaded.value
                warnings += loaded.warnings.map(\.description)
            }
            if isServer {
                let loaded = try ConfigurationReader.server(text)
                server = loaded.value
                warnings += loaded.warnings.map(\.description)
            }
        } catch {
            refusal = error.diagnostics.first.map(\.description) ?? "\(error)"
        }
    }

    private mutating func readWireGuard(_ host: Host) async {
        do throws(HostFailure) {
            // Programs in WireGuard's place tell of themselves through files, whichever network namespace they are in.
            devices = try await WireGuardDevice.all(host).filter { device in
                interfaces.contains { $0.name == device.name }
            }
        } catch {
            wireGuardProblem = error.description
        }
    }

    private mutating func readNames() {
        let client = client.map { [$0.destination] + $0.destinationOverrides.map(\.destination) } ?? []
        for name in (client + (server.map { [$0.destination] } ?? [])).map(\.host) where IPAddress(name) == nil {
            addresses[name] = NameAnswer.systemAddresses(of: name)
        }
    }

    private mutating func readLinks(_ host: Host) async {
        guard let client else { return }
        let policy = LinkPolicy(
            destination: client.destination, overrides: client.destinationOverrides, excluded: client.excludedInterfaces
        )
        let routes = KernelRoutes.open()
        let known = addresses
        for interface in interfaces {
            switch policy.judge(interface, routes: routes, resolved: { known[$0.host] ?? [] }) {
            case .carries(let pairs):
                var link = LinkFacts(interface.name, .carries)
                link.source = pairs[0].source
                if case .route(let gateway) = routes.route(
                    over: interface.index, to: pairs[0].destination, from: pairs[0].source)
                {
                    link.gateway = gateway
                }
                link.isFilteredStrictly = ReversePathFilter.warning(interface, pairs[0], routes) != nil
                links.append(link)
            case .idle(.noRoute(let destination)):
                var link = LinkFacts(interface.name, .noRoute(to: destination.host))
                link.candidate = await Self.router(host, interface)
                links.append(link)
            case .idle: links.append(LinkFacts(interface.name, .idle))
            case .excluded: continue
            }
        }
    }

    /// A router on an interface's network: the gateway of another table's route, else the only neighbour, else the first
    /// address, which most routers have, if somebody answers there.
    private static func router(_ host: Host, _ interface: Interface) async -> IPAddress? {
        let routes = await host.run("ip", "route", "show", "table", "all", "dev", interface.name).output
        for line in routes.split(separator: "\n") {
            let words = line.split(separator: " ")
            if let index = words.firstIndex(of: "via"), index + 1 < words.count,
                let gateway = IPAddress(words[index + 1])
            {
                return gateway
            }
        }
        let neighbours = await host.run("ip", "-4", "neighbour", "show", "dev", interface.name).output.split(
            separator: "\n"
        )
        .filter { $0.contains("lladdr") }.compactMap { IPAddress($0.prefix { $0 != " " }) }
        if neighbours.count == 1 { return neighbours[0] }
        guard let address = interface.addresses.first(where: { $0.ip.family == .v4 && $0.isUsable }),
            address.prefixLength < 31,
            let network = AddressPrefix(address.ip, bits: address.prefixLength)
        else { return nil }
        var bytes = network.base.bytes
        bytes[3] |= 1
        guard let first = bytes.withUnsafeBytes({ IPAddress(bytes: $0) }), first != address.ip else { return nil }
        let outcome = await host.run("ping", "-q", "-c", "2", "-i", "0.2", "-W", "1", "-I", interface.name, "\(first)")
        return outcome.succeeded ? first : nil
    }

    private mutating func readPrograms(_ sockets: (Role) -> String) async {
        for role in roles {
            let given = role == .client ? client?.controlSocket : server?.controlSocket
            // Whoever wants no socket is not asked.
            guard given != "" else { continue }
            let path = given ?? sockets(role)
            do throws(ControlFailure) {
                switch try await ControlClient(path: path).status() {
                case .client(let status, _): clientStatus = status
                case .server(let status, _): serverStatus = status
                }
                capabilities[role] = PeerProcess.capabilities(listeningAt: path)
            } catch {
                silence[role] = error.description
            }
        }
    }

    /// Reads which units there are, and whether they run. Of the tunnel's there is but a template, which needs a file.
    mutating func readServices(_ host: Host) async {
        guard host.files.exists("/run/systemd/system") else { return }
        for unit in [
            Places.service(.client), Places.service(.server), Places.networkService, Places.tunnelService,
        ] {
            guard Units.exists(host, unit), unit != Places.tunnelService || host.files.exists(Places.wireGuard) else {
                continue
            }
            services[unit] = await host.run("systemctl", "is-active", "--quiet", unit).succeeded
        }
    }

    private mutating func readSettings(_ host: Host) {
        let paths = ["net/ipv4/ip_forward", "net/core/rmem_max", "net/core/wmem_max", "kernel/io_uring_disabled"]
        for path in paths {
            settings[path] = ((try? host.files.read("/proc/sys/\(path)")) ?? nil).map {
                String($0.filter { !$0.isWhitespace })
            }
        }
    }

    mutating func readRules(_ host: Host) async {
        let outcome = await host.run("nft", "-j", "list", "ruleset")
        if outcome.succeeded { rules = try? Rules(json: outcome.output) }
        guard server != nil else { return }
        // Asks the kernel, and sends nothing.
        let words = await host.run("ip", "-4", "route", "get", "1.1.1.1").output.split { $0.isWhitespace }
        if let index = words.firstIndex(of: "dev"), index + 1 < words.count { uplink = String(words[index + 1]) }
        if let answers = (try? SetupRecord.read(host.files))?.server, answers.internet {
            forwarded = Forwarded(networks: answers.network.prefixes, tunnel: Places.tunnel)
        } else if let tunnel = tunnels.first, let rules {
            let guess = Forwarded(networks: networks(behind: tunnel), tunnel: tunnel.name)
            // Who masquerades wants to forward.
            if !guess.networks.isEmpty, rules.mayMasquerade(guess, self) { forwarded = guess }
        }
    }

    /// Returns the networks that a tunnel's packets come from, but for those that are everything.
    private func networks(behind tunnel: WireGuardDevice) -> [AddressPrefix] {
        let own = interfaces.filter { $0.name == tunnel.name }.flatMap(\.addresses).filter(\.isUsable)
            .compactMap { AddressPrefix($0.ip, bits: $0.prefixLength) }
        return (own + tunnel.peers.flatMap(\.allowedIPs).compactMap { AddressPrefix($0) }).filter { $0.bits > 0 }
    }

    private mutating func readClock(_ host: Host) async {
        now = Double(time(nil))
        let files = [file, Places.record, Places.wireGuard, "/var/lib/systemd/timesync/clock"]
        past = files.compactMap { host.files.modified($0) }.max() ?? 0
        // A machine with a clock of its own keeps the time for days, and a container has its host's.
        guard !host.files.exists("/dev/rtc0"),
            await !host.run("systemd-detect-virt", "--container", "--quiet").succeeded
        else { return }
        switch await host.run("timedatectl", "show", "--property=NTPSynchronized", "--value").output.prefix(2) {
        case "ye": isClockSynchronized = true
        case "no": isClockSynchronized = false
        default: break
        }
    }
}
