// SPDX-License-Identifier: GPL-2.0-or-later

/// A text that looks like a regular expression where an interface's name or a pattern such as `veth*` is wanted.
struct RegularExpression {
    /// The patterns that are probably meant; none when no pattern says the same.
    let globs: [String]

    /// Nil when the text has nothing that belongs to regular expressions alone.
    init?(_ text: String) {
        guard Self.isLikely(text) else { return nil }
        var bare = text[...]
        if bare.first == "^" { bare = bare.dropFirst() }
        if bare.last == "$" { bare = bare.dropLast() }
        let globs = Self.alternatives(bare).map(Self.glob)
        self.globs = globs.allSatisfy { $0 != nil && $0 != "" } ? globs.compactMap(\.self) : []
    }

    /// A dot is a dot in a pattern, so `eth0.*` is every VLAN of eth0; after a letter `.*` is what regular expressions
    /// have for "and so on". `[^a]` is a pattern, too.
    private static func isLikely(_ text: String) -> Bool {
        if text.hasPrefix("^") || text.hasSuffix("$") || text.contains(".+") || text.contains("]+") { return true }
        if text.contains(where: { "\\|(){}".contains($0) }) { return true }
        return zip(text.indices, text.indices.dropFirst()).contains { dot, star in
            guard text[dot] == ".", text[star] == "*" else { return false }
            return dot == text.startIndex || text[text.index(before: dot)].isLetter
        }
    }

    /// What stands between bars, in the text as a whole or in its only group.
    private static func alternatives(_ text: Substring) -> [String] {
        guard let open = text.firstIndex(of: "("), let close = text.firstIndex(of: ")"), open < close else {
            return text.split(separator: "|", omittingEmptySubsequences: false).map(String.init)
        }
        var group = text[text.index(after: open)..<close]
        if group.hasPrefix("?:") { group = group.dropFirst(2) }
        let (before, after) = (text[..<open], text[text.index(after: close)...])
        return group.split(separator: "|", omittingEmptySubsequences: false).map { String(before) + $0 + after }
    }

    /// Nil when there is none.
    private static func glob(_ text: String) -> String? {
        var glob = ""
        var rest = text[...]
        while let first = rest.first {
            rest = rest.dropFirst()
            var atom: String
            switch first {
            case ".": atom = "?"
            case "\\":
                guard let escaped = rest.popFirst() else { return nil }
                switch escaped {
                case "d": atom = "[0-9]"
                case "w", "S": atom = "?"
                case _ where escaped.isLetter || escaped.isNumber: return nil
                default: atom = String(escaped)
                }
            case "[":
                guard let end = rest.dropFirst().firstIndex(of: "]") else { return nil }
                atom = "[" + rest[...end]
                rest = rest[rest.index(after: end)...]
            case "(", ")", "{", "}", "|", "^", "$", "*", "+", "?": return nil
            default: atom = String(first)
            }
            switch rest.first {
            case "*", "+":
                // Of one and the same character no pattern says how often.
                guard atom == "?" || atom.hasPrefix("[") else { return nil }
                atom = rest.first == "*" ? "*" : atom == "?" ? "?*" : atom + "*"
                rest = rest.dropFirst()
            case "?", "{": return nil
            default: break
            }
            glob += atom
        }
        return glob
    }
}
