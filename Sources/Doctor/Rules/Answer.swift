// SPDX-License-Identifier: GPL-2.0-or-later

/// The answer to whether a packet meets a condition, as far as packet and condition are known.
enum Answer: Int, Comparable {
    case no, maybe, yes

    static func < (left: Answer, right: Answer) -> Bool { left.rawValue < right.rawValue }

    init(_ isTrue: Bool) { self = isTrue ? .yes : .no }

    var negated: Answer {
        switch self {
        case .no: .yes
        case .maybe: .maybe
        case .yes: .no
        }
    }
}
