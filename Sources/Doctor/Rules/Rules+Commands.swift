// SPDX-License-Identifier: GPL-2.0-or-later

internal import Host

extension Rules.Chain {
    func isUFW(_ rules: Rules) -> Bool {
        rules.has(chain: "ufw-user-forward", in: self) || rules.has(chain: "ufw6-user-forward", in: self)
    }

    /// The command that puts a rule first; by iptables where the table is one of its own, which nft shall not touch.
    func insert(_ nft: [String], _ iptables: [String]) -> Command {
        guard table == "filter", name == name.uppercased(), family != "inet" else {
            return Command(["nft", "insert", "rule", family, table, name] + nft)
        }
        return Command([family == "ip6" ? "ip6tables" : "iptables", "-I", name] + iptables + ["-j", "ACCEPT"])
    }
}
