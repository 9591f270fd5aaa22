// SPDX-License-Identifier: GPL-2.0-or-later

internal import Host

/// No firewall stops what is passed on.
enum ForwardDroppedCheck: Check {
    static let name = "forward-dropped-by"

    static func findings(_ facts: Facts) -> [Finding] {
        guard let tunnel = facts.forwarded?.tunnel, let rules = facts.rules else { return [] }
        let closed = rules.chains.filter {
            $0.hook == "forward" && $0.isDropPolicy && !rules.accepts(interface: tunnel, $0)
        }
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
