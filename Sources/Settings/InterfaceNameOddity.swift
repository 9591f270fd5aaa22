// SPDX-License-Identifier: GPL-2.0-or-later

/// Why a text that should name interfaces, exactly or as a pattern, names none.
struct InterfaceNameOddity: Equatable {
    /// Ready to follow the word "found" and the text in quotes.
    var found: String
    /// What was probably meant.
    var suggestion: String?

    /// The bytes of an interface's name at most (IFNAMSIZ less the zero byte).
    private static let lengthMax = 15

    /// Nil when some interface may have such a name.
    ///
    /// - Parameter takesPatterns: `*`, `?` and `[…]` stand for other characters here.
    init?(_ text: String, takesPatterns: Bool) {
        let trimmed = Self.trimmed(text)
        if trimmed.isEmpty {
            self.init(found: "no name")
        } else if let globs = RegularExpression(trimmed)?.globs {
            self.init(
                found: "a regular expression, which no interface's name matches",
                suggestion: globs.isEmpty ? nil : globs.map { "\"\($0)\"" }.joined(separator: ", "))
        } else if trimmed != text || text.unicodeScalars.contains(where: \.isBlank) {
            // The kernel takes no name with a blank, nor with one of the next two (dev_valid_name).
            let rest = text.unicodeScalars.split(whereSeparator: \.isBlank)
            self.init(
                found: "a name with a blank or an invisible character, which no interface has",
                suggestion: rest.count == 1 ? String(String.UnicodeScalarView(rest[0])) : nil)
        } else if let place = text.firstIndex(where: { $0 == ":" || $0 == "/" }) {
            // eth0:1 is a label of an address, as ifconfig has them.
            self.init(
                found: "a name with \(text[place] == ":" ? "a colon" : "a slash"), which no interface has",
                suggestion: text[place] == ":" && place != text.startIndex ? String(text[..<place]) : nil)
        } else if !takesPatterns, NamePattern(text).hasWildcards {
            self.init(found: "a pattern")
        } else if text.utf8.count > Self.lengthMax, !NamePattern(text).hasWildcards {
            self.init(found: "a name of \(text.utf8.count) bytes, longer than any interface's")
        } else {
            return nil
        }
    }

    private init(found: String, suggestion: String? = nil) {
        self.found = found
        self.suggestion = suggestion
    }

    private static func trimmed(_ text: String) -> String {
        let scalars = text.unicodeScalars.drop(while: \.isBlank)
        return String(String.UnicodeScalarView(scalars.reversed().drop(while: \.isBlank).reversed()))
    }
}
