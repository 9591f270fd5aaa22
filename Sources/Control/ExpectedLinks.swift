// SPDX-License-Identifier: GPL-2.0-or-later

internal import Settings

/// The interfaces that somebody counts on as links: those the file names, and those that have carried before.
///
/// The file need not name any link, so what a machine's links are is known only by what has carried. An LTE stick that
/// was unplugged is missing then, and a port that never had a cable is not.
struct ExpectedLinks {
    /// Names kept of those that have carried, so that interfaces with ever new names do not fill the memory.
    static let carriedMax = 64

    private let named: Set<String>
    private var carried: Set<String> = []

    init(_ configuration: ClientConfiguration) {
        let overridden = configuration.destinationOverrides.map(\.interface).filter { !NamePattern($0).hasWildcards }
        named = Set(configuration.interfaceLabels.keys).union(overridden)
    }

    /// Takes note of a link that carries.
    mutating func note(_ name: String) {
        if carried.count < Self.carriedMax { carried.insert(name) }
    }

    func contains(_ name: String) -> Bool { named.contains(name) || carried.contains(name) }

    /// Those that are not among `present`, in alphabetical order.
    func missing(from present: [String]) -> [String] { named.union(carried).subtracting(present).sorted() }
}
