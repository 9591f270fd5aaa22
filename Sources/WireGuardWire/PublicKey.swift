// SPDX-License-Identifier: GPL-2.0-or-later

/// A WireGuard public key: 32 bytes.
public struct PublicKey: Hashable, Sendable {
    /// Why a text is no key. None of them holds the text: it may be a private key in the wrong place.
    public enum Fault: Error, Hashable, Sendable {
        /// Not 44 bytes of text; the value is how many.
        case length(Int)
        /// Something that has no business there; the value is the place of the first one, from 1.
        case character(at: Int)
        /// The last two of 43 × 6 bits are not 0: `wg` refuses such a text, as another one says the same 32 bytes.
        case surplusBits
    }

    /// 32 of them.
    public let bytes: [UInt8]

    /// Reads a key as `wg` prints it: 44 characters of base64 (RFC 4648, section 4), the last of them `=`.
    public init(base64 text: String) throws(Fault) {
        let characters = Array(text.utf8)
        guard characters.count == 44 else { throw .length(characters.count) }
        var bytes: [UInt8] = []
        var bits: UInt32 = 0
        var bitCount = 0
        for (index, character) in characters.dropLast().enumerated() {
            guard let value = Self.value(of: character) else { throw .character(at: index + 1) }
            bits = bits << 6 | value
            bitCount += 6
            if bitCount >= 8 {
                bitCount -= 8
                bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(bitCount)))
            }
        }
        guard characters[43] == UInt8(ascii: "=") else { throw .character(at: 44) }
        guard bits & 0b11 == 0 else { throw .surplusBits }
        self.bytes = bytes
    }

    private static func value(of character: UInt8) -> UInt32? {
        switch character {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(character - UInt8(ascii: "A"))
        case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(character - UInt8(ascii: "a")) + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(character - UInt8(ascii: "0")) + 52
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }
}
