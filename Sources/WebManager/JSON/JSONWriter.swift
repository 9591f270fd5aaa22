// SPDX-License-Identifier: GPL-2.0-or-later

/// Writes JSON and keeps track of the open objects and lists.
///
/// `Codable` reports where an object or a list begins, but not where it ends: writing to an outer one closes the inner
/// ones.
final class JSONWriter {
    private struct Level {
        var closing: UInt8
        var isEmpty = true
    }

    private var bytes: [UInt8] = []
    private var levels: [Level] = []

    /// Closes all objects and lists and returns the text.
    func finish() -> [UInt8] {
        end(to: 0)
        return bytes
    }

    // MARK: Objects and lists

    /// Begins an object. Returns its depth, which ``key(_:at:)`` needs.
    func beginObject() -> Int { begin(UInt8(ascii: "{"), UInt8(ascii: "}")) }

    /// Begins a list. Returns its depth, which ``element(at:)`` needs.
    func beginList() -> Int { begin(UInt8(ascii: "["), UInt8(ascii: "]")) }

    /// Begins an element of the list at a depth.
    func element(at depth: Int) {
        end(to: depth)
        if !levels[depth - 1].isEmpty { bytes.append(UInt8(ascii: ",")) }
        levels[depth - 1].isEmpty = false
    }

    /// Begins a member of the object at a depth.
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

    /// Writes a number; `null` for infinities and NaN, which JSON does not have.
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
