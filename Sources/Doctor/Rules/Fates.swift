// SPDX-License-Identifier: GPL-2.0-or-later

/// The possible ends of a packet's way.
struct Fates: OptionSet {
    let rawValue: UInt8

    static let accepted = Fates(rawValue: 1)
    static let dropped = Fates(rawValue: 2)
    /// It goes on under another source address.
    static let translated = Fates(rawValue: 4)
    /// The next rule of the chain sees it.
    static let passed = Fates(rawValue: 8)
    /// It leaves the chain at its end, or before: the chain that has jumped to it goes on.
    static let returned = Fates(rawValue: 16)

    /// The fates in which one of them is another.
    func replacing(_ old: Fates, by new: Fates) -> Fates { contains(old) ? subtracting(old).union(new) : self }
}
