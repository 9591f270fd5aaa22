// SPDX-License-Identifier: GPL-2.0-or-later

internal import Host
internal import Settings

/// Datagrams of clients get in.
enum InputDroppedCheck: Check {
    static let name = "input-dropped-by"

    static func findings(_ facts: Facts) -> [Finding] {
        guard let server = facts.server, let rules = facts.rules else { return [] }
        let port = server.listenAddress.port
        let closed = rules.chains.filter { $0.hook == "input" && $0.isDropPolicy && !rules.accepts(port: port, $0) }
        guard !closed.isEmpty else { return ok("UDP port \(port) is open, as far as this machine's rules go") }
        return closed.map { chain in
            let command =
                chain.isUFW(rules)
                ? Command("ufw", "allow", "\(port)/udp")
                : chain.insert(["udp", "dport", "\(port)", "accept"], ["-p", "udp", "--dport", "\(port)"])
            return Finding(
                "\(name) \(chain.table)/\(chain.name)", .fail, "its policy drops datagrams to UDP port \(port)",
                Repair([command], "for good where that firewall is configured"))
        }
    }
}
