// SPDX-License-Identifier: GPL-2.0-or-later

internal import Host

/// What is passed on has an address that answers find back to.
enum MasqueradeCheck: Check {
    static let name = "masquerade"

    static func findings(_ facts: Facts) -> [Finding] {
        guard facts.forwarded != nil, let rules = facts.rules else { return [] }
        guard !rules.masquerades else { return ok("clients go out under this machine's address") }
        let repair =
            facts.services["engarde-network.service"] == nil
            ? nil : Repair([Command("systemctl", "restart", "engarde-network.service")])
        return [Finding(name, .fail, "no rule masquerades: answers to clients do not find back", repair)]
    }
}
