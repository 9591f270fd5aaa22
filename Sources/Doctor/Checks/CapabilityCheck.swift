// SPDX-License-Identifier: GPL-2.0-or-later

internal import Setup

/// What the running program may do.
enum CapabilityCheck: Check {
    static let name = "capability"
    private static let netAdmin = 12
    private static let netRaw = 13

    static func findings(_ facts: Facts) -> [Finding] {
        facts.roles.flatMap { role -> [Finding] in
            guard let own = facts.capabilities[role] else { return [] }
            let wanted = [netAdmin: "CAP_NET_ADMIN"].merging(role == .client ? [netRaw: "CAP_NET_RAW"] : [:]) { $1 }
            let missing = wanted.filter { !own.contains($0.key) }.map(\.value).sorted()
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
