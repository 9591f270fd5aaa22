// SPDX-License-Identifier: GPL-2.0-or-later

internal import Host
internal import Settings
internal import Status

/// Something comes from the server.
enum ServerUnreachableCheck: Check {
    static let name = "server-unreachable"
    /// WireGuard gives a session up after that time without a word.
    static let silenceMax = 180.0

    static func findings(_ facts: Facts) -> [Finding] {
        guard let status = facts.clientStatus else { return [] }
        if isUnreachable(status) {
            let port = facts.client?.destination.port ?? 0
            return [
                Finding(
                    name, .fail, "WireGuard sends, and nothing comes back from \(status.program.destination) over any link",
                    Repair([], "look there: engarde doctor; is UDP port \(port) open, in the provider's firewall too?"))
            ]
        }
        return status.serverLastReceivedSeconds == nil ? [] : ok("\(status.program.destination) answers")
    }

    static func isUnreachable(_ status: ClientStatus) -> Bool {
        guard status.wireGuardLastReceivedSeconds != nil, status.links.contains(where: { $0.state.isInFanOut }) else {
            return false
        }
        return status.serverLastReceivedSeconds.map { $0 > silenceMax } ?? (status.program.uptimeSeconds > 15)
    }
}

/// The server answers over each link.
enum ServerSilentCheck: Check {
    static let name = "server-silent"

    static func findings(_ facts: Facts) -> [Finding] {
        guard let status = facts.clientStatus, !ServerUnreachableCheck.isUnreachable(status) else { return [] }
        let sending = status.links.filter(\.state.isInFanOut)
        // Of a link with strict filtering another check tells.
        let filtered = Set(facts.links.filter(\.isFilteredStrictly).map(\.name))
        let silent = sending.filter { ($0.state == .silent || $0.state == .blocked) && !filtered.contains($0.name) }
        guard !silent.isEmpty else { return sending.isEmpty ? [] : ok("it answers over every link") }
        return silent.map { link in
            let reason = [link.reason, link.warning].filter { !$0.isEmpty }.joined(separator: "; ")
            return Finding("\(name) \(link.name)", .fail, reason.isEmpty ? "nothing comes over it" : reason)
        }
    }
}

/// Datagrams of clients get in.
enum InputDroppedCheck: Check {
    static let name = "input-dropped-by"

    static func findings(_ facts: Facts) -> [Finding] {
        guard let server = facts.server, let rules = facts.rules else { return [] }
        let port = server.listenAddress.port
        let closed = rules.chains.filter { $0.hook == "input" && $0.isDropPolicy && !rules.accepts(port: port, $0) }
        guard !closed.isEmpty else { return ok("UDP port \(port) is open, as far as this machine's rules go") }
        return closed.map { chain in
            let command = chain.isUFW(rules)
                ? Command("ufw", "allow", "\(port)/udp")
                : chain.insert(["udp", "dport", "\(port)", "accept"], ["-p", "udp", "--dport", "\(port)"])
            return Finding(
                "\(name) \(chain.table)/\(chain.name)", .fail, "its policy drops datagrams to UDP port \(port)",
                Repair([command], "for good where that firewall is configured"))
        }
    }
}

/// This machine passes on what comes by the tunnel.
enum ForwardingCheck: Check {
    static let name = "forwarding"

    static func findings(_ facts: Facts) -> [Finding] {
        guard facts.forwarded != nil else { return [] }
        guard facts.settings["net/ipv4/ip_forward"] == "0" else { return ok("packets from the tunnel are passed on") }
        return [
            Finding(
                name, .fail, "net.ipv4.ip_forward is 0: clients reach this machine only",
                Repair([Command("sysctl", "-w", "net.ipv4.ip_forward=1")], "for good in /etc/sysctl.d"))
        ]
    }
}

/// What is passed on has an address that answers find back to.
enum MasqueradeCheck: Check {
    static let name = "masquerade"

    static func findings(_ facts: Facts) -> [Finding] {
        guard facts.forwarded != nil, let rules = facts.rules else { return [] }
        guard !rules.masquerades else { return ok("clients go out under this machine's address") }
        let repair = facts.services["engarde-network.service"] == nil
            ? nil : Repair([Command("systemctl", "restart", "engarde-network.service")])
        return [Finding(name, .fail, "no rule masquerades: answers to clients do not find back", repair)]
    }
}

/// No firewall stops what is passed on.
enum ForwardDroppedCheck: Check {
    static let name = "forward-dropped-by"

    static func findings(_ facts: Facts) -> [Finding] {
        guard let tunnel = facts.forwarded?.tunnel, let rules = facts.rules else { return [] }
        let closed = rules.chains.filter { $0.hook == "forward" && $0.isDropPolicy && !rules.accepts(interface: tunnel, $0) }
        guard !closed.isEmpty else { return ok("no chain drops what comes by \(tunnel)") }
        return closed.map { chain in
            let commands: [Command] =
                if chain.isUFW(rules) {
                    [Command("ufw", "route", "allow", "in", "on", tunnel)]
                } else {
                    [
                        chain.insert(["oifname", tunnel, "accept"], ["-o", tunnel]),
                        chain.insert(["iifname", tunnel, "accept"], ["-i", tunnel]),
                    ]
                }
            return Finding(
                "\(name) \(chain.table)/\(chain.name)", .fail, "its policy drops what comes by \(tunnel)",
                Repair(commands, "for good where that firewall is configured"))
        }
    }
}

extension Rules.Chain {
    func isUFW(_ rules: Rules) -> Bool { rules.has(chain: "ufw-user-forward", in: self) || rules.has(chain: "ufw6-user-forward", in: self) }

    /// The command that puts a rule first; by iptables where the table is one of its own, which nft shall not touch.
    fileprivate func insert(_ nft: [String], _ iptables: [String]) -> Command {
        guard table == "filter", name == name.uppercased(), family != "inet" else {
            return Command(["nft", "insert", "rule", family, table, name] + nft)
        }
        return Command([family == "ip6" ? "ip6tables" : "iptables", "-I", name] + iptables + ["-j", "ACCEPT"])
    }
}
