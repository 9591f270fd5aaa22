// SPDX-License-Identifier: GPL-2.0-or-later

/// An interface name with wildcards: `*` any text, `?` any character, `[ab0-9]` one of these, `[!ab]` none of
/// these.
///
/// A `[` that nothing closes stands for itself. There is no escape: names with these characters are rare, and
/// `[*]` is one.
public struct NamePattern: Hashable, Sendable {
    public let text: String
    private let bytes: [UInt8]

    public init(_ text: String) {
        self.text = text
        bytes = Array(text.utf8)
    }

    /// True for a text in which some character stands for others; false for the name of one interface.
    public var hasWildcards: Bool { text.contains { "*?[".contains($0) } }

    /// Whether the whole of `name` fits. A name that is the pattern's very text always does.
    public func matches(_ name: String) -> Bool {
        name == text || Self.matches(bytes[...], Array(name.utf8)[...])
    }

    private static func matches(_ pattern: ArraySlice<UInt8>, _ name: ArraySlice<UInt8>) -> Bool {
        var pattern = pattern
        var name = name
        // Where to resume when what follows the last `*` does not fit: that star takes one byte more.
        var retry: (pattern: ArraySlice<UInt8>, name: ArraySlice<UInt8>)?
        while true {
            if pattern.first == UInt8(ascii: "*") {
                pattern = pattern.dropFirst()
                retry = (pattern, name)
            } else if let byte = name.first, let length = matchOne(pattern, byte) {
                pattern = pattern.dropFirst(length)
                name = name.dropFirst()
            } else if name.isEmpty && pattern.isEmpty {
                return true
            } else if let (after, from) = retry, !from.isEmpty {
                retry = (after, from.dropFirst())
                pattern = after
                name = from.dropFirst()
            } else {
                return false
            }
        }
    }

    /// How many bytes of `pattern` stand for `byte`, or nil when they stand for another.
    private static func matchOne(_ pattern: ArraySlice<UInt8>, _ byte: UInt8) -> Int? {
        switch pattern.first {
        case nil: return nil
        case UInt8(ascii: "?"): return 1
        case UInt8(ascii: "["):
            guard let set = ByteSet(pattern) else { return byte == UInt8(ascii: "[") ? 1 : nil }
            return set.contains(byte) ? set.length : nil
        case let literal?: return literal == byte ? 1 : nil
        }
    }
}

extension NamePattern {
    /// `[…]` at the beginning of a pattern.
    private struct ByteSet {
        var ranges: [ClosedRange<UInt8>] = []
        var isNegated = false
        /// Bytes of the pattern it takes, brackets included.
        var length = 0

        init?(_ pattern: ArraySlice<UInt8>) {
            var rest = pattern.dropFirst()
            if rest.first == UInt8(ascii: "!") || rest.first == UInt8(ascii: "^") {
                isNegated = true
                rest = rest.dropFirst()
            }
            // A `]` that comes first is a member, as in every shell.
            while let low = rest.first, low != UInt8(ascii: "]") || ranges.isEmpty {
                rest = rest.dropFirst()
                var high = low
                let end = rest.first == UInt8(ascii: "-") ? rest.dropFirst().first : nil
                if let end, end != UInt8(ascii: "]") {
                    high = end
                    rest = rest.dropFirst(2)
                }
                ranges.append(min(low, high)...max(low, high))
            }
            guard rest.first == UInt8(ascii: "]") else { return nil }
            length = rest.startIndex + 1 - pattern.startIndex
        }

        func contains(_ byte: UInt8) -> Bool { ranges.contains { $0.contains(byte) } != isNegated }
    }
}
