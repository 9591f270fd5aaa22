// SPDX-License-Identifier: GPL-2.0-or-later

internal import Settings
internal import Status

/// More than one link carries.
enum LastLinkCheck: Check {
    static let name = "last-link"

    static func findings(_ facts: Facts) -> [Finding] {
        guard facts.client != nil, facts.refusal == nil else { return [] }
        let carrying =
            facts.clientStatus.map { $0.links.filter(\.state.isInFanOut).map(\.name) }
            ?? facts.carrying.map(\.name)
        switch carrying.count {
        case 0:
            return [
                Finding(name, .fail, "no link carries", Repair([], "engarde check says why each interface is none"))
            ]
        case 1: return [Finding(name, .warn, "\(carrying[0]) is the only link: when it fails the tunnel does")]
        default: return ok("\(carrying.count) links carry")
        }
    }
}
