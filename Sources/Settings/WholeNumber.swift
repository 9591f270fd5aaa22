// SPDX-License-Identifier: GPL-2.0-or-later

/// Whole numbers as YAML writes them.
enum WholeNumber {
    /// Parses `30`, `-1`, `+5`, `1_000`, `0x1f`, `0o17` and `0b101`; nil for everything else, what does not
    /// fit into 64 bits included. `017` is refused: it is 15 for YAML 1.1 and 17 for YAML 1.2.
    static func parse(_ text: String) -> Int? {
        var digits = Substring(text)
        let isNegative = digits.first == "-"
        if isNegative || digits.first == "+" { digits.removeFirst() }
        var radix = 10
        for (prefix, base) in [("0x", 16), ("0o", 8), ("0b", 2)] where digits.hasPrefix(prefix) {
            radix = base
            digits.removeFirst(prefix.count)
        }
        guard let first = digits.first, first.isHexDigit, first.isASCII else { return nil }
        digits.removeAll { $0 == "_" }
        if radix == 10, first == "0", digits.count > 1 { return nil }
        return Int((isNegative ? "-" : "") + digits, radix: radix)
    }
}
