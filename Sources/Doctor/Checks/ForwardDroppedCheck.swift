// SPDX-License-Identifier: GPL-2.0-or-later

internal import Host

/// No firewall stops what is passed on.
enum ForwardDroppedCheck: Check {
    static let name = "forward-dropped-by"

    static func findings(_ facts: Facts) -> [Finding] {
        guard let forwarded = facts.forwarded, let rules = facts.rules else { return [] }
        let tunnel = forwarded.tunnel
        let closed = rules.filters("forward").filter { chain in
            facts.forwardedPacket(chain.family, forwarded).map { rules.drops($0, chain) } ?? false
        }
        guard !closed.isEmpty else { return ok("no chain drops what comes by \(tunnel)") }
        return closed.map { chain in
            Finding(
                "\(name) \(chain.table)/\(chain.name)", .fail, "it drops what comes by \(tunnel)",
                Repair(chain.passing(tunnel, rules), "for good where that firewall is configured"))
        }
    }
}
