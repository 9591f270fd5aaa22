// SPDX-License-Identifier: GPL-2.0-or-later

/// Kinds of bytes in a text.
enum Bytes {
    static func isDigit(_ byte: UInt8) -> Bool { 48...57 ~= byte }

    static func isHex(_ byte: UInt8) -> Bool { isDigit(byte) || 97...102 ~= small(byte) }

    /// A letter or a digit.
    static func isWord(_ byte: UInt8) -> Bool { isDigit(byte) || 97...122 ~= small(byte) }

    /// Returns the small letter of a large one, and any other byte as it is.
    static func small(_ byte: UInt8) -> UInt8 { 65...90 ~= byte ? byte + 32 : byte }

    /// Returns the first index of the 43 characters of base64 that end before an index; nil when there are fewer.
    static func startOfKey(_ text: [UInt8], before end: Int, after first: Int) -> Int? {
        var at = end
        for _ in 0..<43 {
            guard at > first,
                isWord(text[at - 1]) || text[at - 1] == UInt8(ascii: "+") || text[at - 1] == UInt8(ascii: "/")
            else { return nil }
            at -= 1
            if text[at] == UInt8(ascii: "/"), at > first, text[at - 1] == UInt8(ascii: "\\") { at -= 1 }
        }
        return at
    }
}
