// SPDX-License-Identifier: GPL-2.0-or-later

/// The names of the file have addresses.
enum NameCheck: Check {
    static let name = "name"

    static func findings(_ facts: Facts) -> [Finding] {
        let unknown = facts.addresses.filter { $0.value.isEmpty }.keys.sorted()
        guard !unknown.isEmpty else {
            return facts.addresses.isEmpty
                ? [] : ok("\(facts.addresses.keys.sorted().joined(separator: ", ")) resolved")
        }
        return unknown.map {
            Finding(
                name, .fail, "\($0) has no address",
                Repair([], "look at the name in \(facts.file), and at /etc/resolv.conf"))
        }
    }
}
