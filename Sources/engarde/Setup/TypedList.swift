// SPDX-License-Identifier: GPL-2.0-or-later

/// A list as people type and read it: items with commas or blanks between them.
struct TypedList: CustomStringConvertible {
    let items: [String]

    init(_ items: [String]) { self.items = items }

    /// Reads a list; nil for an empty one, and for one with an item that does not fit.
    init?(_ text: String, where fits: (String) -> Bool) {
        items = text.split { $0 == "," || $0 == " " }.map(String.init)
        guard !items.isEmpty, items.allSatisfy(fits) else { return nil }
    }

    var description: String { items.joined(separator: ", ") }
}
