// SPDX-License-Identifier: GPL-2.0-or-later

internal import Host
internal import Links

/// The server's answers over a link are let in.
enum ReversePathCheck: Check {
    static let name = "reverse-path"

    static func findings(_ facts: Facts) -> [Finding] {
        let strict = facts.carrying.filter(\.isFilteredStrictly)
        guard !strict.isEmpty else {
            return facts.carrying.isEmpty ? [] : ok("answers are let in")
        }
        return strict.map { link in
            Finding(
                "\(name) \(link.name)", .fail, "strict reverse-path filtering drops the server's answers",
                Repair(
                    [Command("sysctl", "-w", "\(ReversePathFilter.setting(link.name))=2")],
                    "for good in /etc/sysctl.d"))
        }
    }
}
