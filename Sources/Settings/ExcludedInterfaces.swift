// SPDX-License-Identifier: GPL-2.0-or-later

/// The interfaces that are no links unless included at run time, as names and globs (`veth*`).
public struct ExcludedInterfaces: Hashable, Sendable {
    /// `client.excludedInterfaces`.
    public var names: [String]
    /// `client.includedInterfaces`: every interface that none of these matches is excluded too, unless there are none.
    public var allBut: [String]

    public init(_ names: [String], allBut: [String] = []) {
        self.names = names
        self.allBut = allBut
    }
}

extension ExcludedInterfaces: ExpressibleByArrayLiteral {
    public init(arrayLiteral names: String...) { self.init(names) }
}
