// SPDX-License-Identifier: GPL-2.0-or-later

internal import Host

extension Rules.Chain {
    /// Returns what lets datagrams to a UDP port in.
    func opening(_ port: UInt16, _ rules: Rules) -> [Command] {
        if isFirewalld { return [Command("firewall-cmd", "--add-port=\(port)/udp")] }
        if isUFW(rules) { return [Command("ufw", "allow", "\(port)/udp")] }
        return [insert(["udp", "dport", "\(port)", "accept"], ["-p", "udp", "--dport", "\(port)"])]
    }

    /// Returns what lets through what comes by an interface, and the answers.
    func passing(_ interface: String, _ rules: Rules) -> [Command] {
        if isFirewalld { return [Command("firewall-cmd", "--zone=trusted", "--add-interface=\(interface)")] }
        if isUFW(rules) { return [Command("ufw", "route", "allow", "in", "on", interface)] }
        return [
            insert(["oifname", interface, "accept"], ["-o", interface]),
            insert(["iifname", interface, "accept"], ["-i", interface]),
        ]
    }

    private var isFirewalld: Bool { table == "firewalld" }

    private func isUFW(_ rules: Rules) -> Bool {
        rules.has(chain: "ufw-user-forward", in: self) || rules.has(chain: "ufw6-user-forward", in: self)
    }

    /// Returns the command that puts a rule first; by iptables where the table is one of its own, which nft shall not
    /// touch.
    private func insert(_ nft: [String], _ iptables: [String]) -> Command {
        guard table == "filter", name == name.uppercased(), family != "inet" else {
            return Command(["nft", "insert", "rule", family, table, name] + nft)
        }
        return Command([family == "ip6" ? "ip6tables" : "iptables", "-I", name] + iptables + ["-j", "ACCEPT"])
    }
}
