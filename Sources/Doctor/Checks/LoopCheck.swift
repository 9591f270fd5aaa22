// SPDX-License-Identifier: GPL-2.0-or-later

internal import Host

/// No link leads into the tunnel that the links carry.
enum LoopCheck: Check {
    static let name = "loops-into-tunnel"

    static func findings(_ facts: Facts) -> [Finding] {
        let names = Set(facts.tunnels.map(\.name))
        let looping = facts.carrying.filter { names.contains($0.name) }
        guard !looping.isEmpty else { return facts.carrying.isEmpty ? [] : ok("no link leads into the tunnel") }
        return looping.map { link in
            Finding(
                "\(name) \(link.name)", .fail,
                "a link is the tunnel itself: each datagram would be sent through itself",
                Repair(
                    [Command("engarde", "link", "exclude", link.name)], "for good in excludedInterfaces, \(facts.file)")
            )
        }
    }
}
