// SPDX-License-Identifier: GPL-2.0-or-later

import Setup

/// Finds out which interfaces a client shall use.
struct LinkChoice {
    private let names: [String]
    private let known: [String]?

    /// - Parameters:
    ///   - names: interfaces that would carry now.
    ///   - known: those chosen in an earlier run; nil for all.
    init(of names: [String], known: [String]?) {
        self.names = names
        self.known = known
    }

    /// Asks for them.
    ///
    /// - Parameter given: the value of `--links`.
    /// - Returns: nil for all, also those that come later.
    func ask(_ interview: Interview, given: String?) throws -> [String]? {
        let wanted = "names of \(names.joined(separator: ", ")), separated by commas"
        if let given {
            if given == "all" { return nil }
            guard let links = parsed(given) else { throw SetupFailure("--links wants \(wanted), or all") }
            return links.items
        }
        guard interview.asks else { return known }
        if try interview.agrees("Use all of them?", given: nil, usual: known == nil, flag: "--links") { return nil }
        return try interview.answer(
            "Which", given: nil, usual: known.map(TypedList.init), flag: "--links", wanted: wanted, parse: parsed
        ).items
    }

    private func parsed(_ text: String) -> TypedList? { TypedList(text, where: names.contains) }
}
