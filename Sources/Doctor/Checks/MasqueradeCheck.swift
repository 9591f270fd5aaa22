// SPDX-License-Identifier: GPL-2.0-or-later

internal import Host
internal import Setup

/// Packets that are passed on have an address that answers find back to.
enum MasqueradeCheck: Check {
    static let name = "masquerade"

    static func findings(_ facts: Facts) -> [Finding] {
        guard let forwarded = facts.forwarded, let rules = facts.rules else { return [] }
        guard !rules.mayMasquerade(forwarded, facts) else { return ok("clients go out under this machine's address") }
        let repair =
            facts.services[Places.networkService] == nil
            ? nil : Repair([Command("systemctl", "restart", Places.networkService)])
        return [
            Finding(
                name, .fail,
                "no rule masquerades what comes by \(forwarded.tunnel): answers to clients do not find back", repair)
        ]
    }
}
