// SPDX-License-Identifier: GPL-2.0-or-later

internal import Setup

/// The running program has the capabilities that it needs.
enum CapabilityCheck: Check {
    static let name = "capability"

    static func findings(_ facts: Facts) -> [Finding] {
        facts.roles.flatMap { role -> [Finding] in
            guard let own = facts.capabilities[role] else { return [] }
            let wanted: [Capability] = role == .client ? [.netAdmin, .netRaw] : [.netAdmin]
            let missing = wanted.filter { !own.contains($0) }.map(\.name)
            guard !missing.isEmpty else { return ok("engarde \(role.rawValue) has what it needs") }
            let advice = "start it by its unit, as root, or with AmbientCapabilities=\(missing.joined(separator: " "))"
            return [
                Finding(
                    name, .warn, "engarde \(role.rawValue) lacks \(missing.joined(separator: ", "))", Repair([], advice)
                )
            ]
        }
    }
}
