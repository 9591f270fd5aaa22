// SPDX-License-Identifier: GPL-2.0-or-later

internal import Sockets

/// One fault takes one link.
enum SameWayCheck: Check {
    static let name = "same-way"

    static func findings(_ facts: Facts) -> [Finding] {
        let carrying = facts.carrying
        guard carrying.count > 1 else { return [] }
        let groups = Dictionary(grouping: carrying.filter { $0.gateway != nil }) { $0.gateway! }
        let shared = groups.filter { $0.value.count > 1 }.sorted { "\($0.key)" < "\($1.key)" }
        guard !shared.isEmpty else { return ok("each link has a gateway of its own") }
        return shared.map { gateway, links in
            Finding(
                "\(name) \(links.map(\.name).joined(separator: " "))", .warn,
                "they have one gateway, \(gateway): one fault takes them all")
        }
    }
}
