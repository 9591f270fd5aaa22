// SPDX-License-Identifier: GPL-2.0-or-later

internal import Settings
internal import Status

/// The server answers over each link.
enum ServerSilentCheck: Check {
    static let name = "server-silent"

    static func findings(_ facts: Facts) -> [Finding] {
        guard let status = facts.clientStatus, !ServerUnreachableCheck.isUnreachable(status) else { return [] }
        let sending = status.links.filter(\.state.isInFanOut)
        // Of a link with strict filtering another check tells.
        let filtered = Set(facts.links.filter(\.isFilteredStrictly).map(\.name))
        let silent = sending.filter { ($0.state == .silent || $0.state == .blocked) && !filtered.contains($0.name) }
        guard !silent.isEmpty else { return sending.isEmpty ? [] : ok("it answers over every link") }
        return silent.map { link in
            let reason = [link.reason, link.warning].filter { !$0.isEmpty }.joined(separator: "; ")
            return Finding("\(name) \(link.name)", .fail, reason.isEmpty ? "nothing comes over it" : reason)
        }
    }
}
