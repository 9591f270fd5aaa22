// SPDX-License-Identifier: GPL-2.0-or-later

/// A JSON text under way, and what of it is still open.
///
/// `Codable` says when an object or a list begins and never when it ends: whatever is written to an outer one ends
/// the inner ones.
final class JSONSink {
    private struct Level {
        var closing: UInt8
        var isEmpty = true
    }

    private var bytes: [UInt8] = []
    private var levels: [Level] = []

    /// Ends everything and hands the text over.
    func finish() -> [UInt8] {
        end(to: 0)
        return bytes
    }

    // MARK: Objects and lists

    /// Returns the depth that its members are to name.
    func beginObject() -> Int { begin(UInt8(ascii: "{"), UInt8(ascii: "}")) }

    /// Returns the depth that its elements are to name.
    func beginList() -> Int { begin(UInt8(ascii: "["), UInt8(ascii: "]")) }

    /// Before each value of a list.
    func element(at depth: Int) {
        end(to: depth)
        if !levels[depth - 1].isEmpty { bytes.append(UInt8(ascii: ",")) }
        levels[depth - 1].isEmpty = false
    }

    /// Before each value of an object.
    func key(_ name: String, at depth: Int) {
        element(at: depth)
        write(name)
        bytes.append(UInt8(ascii: ":"))
    }

    private func begin(_ opening: UInt8, _ closing: UInt8) -> Int {
        bytes.append(opening)
        levels.append(Level(closing: closing))
        return levels.count
    }

    private func end(to depth: Int) {
        while levels.count > depth { bytes.append(levels.removeLast().closing) }
    }

    // MARK: Values

    func write(literal: String) { bytes.append(contentsOf: literal.utf8) }

    /// JSON has no infinity; what cannot be said is null.
    func write(_ number: Double) { write(literal: number.isFinite ? "\(number)" : "null") }

    func write(_ text: String) {
        bytes.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes += [UInt8(ascii: "\\"), byte]
            case ..<0x20:
                bytes += Array("\\u00".utf8) + [Self.digits[Int(byte >> 4)], Self.digits[Int(byte & 15)]]
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private static let digits = Array("0123456789abcdef".utf8)
}
