// SPDX-License-Identifier: GPL-2.0-or-later

/// One hop on the way of a packet, looked at. Pure: everything it knows is in the facts.
protocol Check: Sendable {
    /// The name of its findings, up to the first space.
    static var name: String { get }

    /// Returns what is wrong, or one finding that all is well; none where the check does not apply.
    static func findings(_ facts: Facts) -> [Finding]
}

extension Check {
    static func ok(_ fact: String) -> [Finding] { [Finding(name, .ok, fact)] }
}
