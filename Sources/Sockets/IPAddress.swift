// SPDX-License-Identifier: GPL-2.0-or-later

internal import Glibc

/// An IPv4 or IPv6 address without port or zone.
public struct IPAddress: Hashable, Sendable, BitwiseCopyable {
    public enum Family: UInt8, Sendable, BitwiseCopyable { case v4 = 4, v6 = 6 }

    public let family: Family
    /// The address in network order; IPv4 uses the first word and leaves the others zero.
    let words: InlineWords

    struct InlineWords: Hashable, Sendable, BitwiseCopyable {
        var a, b, c, d: UInt32

        @_noLocks
        init(a: UInt32, b: UInt32, c: UInt32, d: UInt32) {
            self.a = a
            self.b = b
            self.c = c
            self.d = d
        }
    }

    /// - Parameter bytes: 4 or 16 bytes in network order.
    public init?(bytes: UnsafeRawBufferPointer) {
        switch bytes.count {
        case 4:
            family = .v4
            words = unsafe InlineWords(a: bytes.loadUnaligned(as: UInt32.self), b: 0, c: 0, d: 0)
        case 16:
            family = .v6
            words = unsafe bytes.loadUnaligned(as: InlineWords.self)
        default: return nil
        }
    }

    init(family: Family, words: InlineWords) {
        self.family = family
        self.words = words
    }

    /// Parses `192.0.2.1` or `2001:db8::1`; brackets, ports and zones are not part of an address.
    public init?(_ text: some StringProtocol) {
        let text = String(text)
        // `inet_pton` would read up to the first zero byte and pass over what follows it.
        guard !text.utf8.contains(0) else { return nil }
        var storage = InlineWords(a: 0, b: 0, c: 0, d: 0)
        if unsafe inet_pton(AF_INET, text, &storage) == 1 {
            family = .v4
        } else if unsafe inet_pton(AF_INET6, text, &storage) == 1 {
            family = .v6
        } else {
            return nil
        }
        words = storage
    }

    public static let anyV4 = IPAddress(family: .v4, words: InlineWords(a: 0, b: 0, c: 0, d: 0))
    public static let anyV6 = IPAddress(family: .v6, words: InlineWords(a: 0, b: 0, c: 0, d: 0))

    /// The address as 4 or 16 bytes in network order.
    public var bytes: [UInt8] {
        unsafe withUnsafeBytes(of: words) { unsafe Array($0.prefix(family == .v4 ? 4 : 16)) }
    }

    /// `0.0.0.0` or `::`.
    public var isUnspecified: Bool { words == InlineWords(a: 0, b: 0, c: 0, d: 0) }

    /// 127/8 or `::1`.
    public var isLoopback: Bool {
        switch family {
        case .v4: bytes[0] == 127
        case .v6: self == IPAddress("::1")
        }
    }

    /// 224/4, ff00::/8, or 255.255.255.255, which reaches all at once as well.
    public var isMulticast: Bool {
        let bytes = bytes
        return switch family {
        case .v4: bytes[0] & 0xf0 == 0xe0 || bytes.allSatisfy { $0 == 255 }
        case .v6: bytes[0] == 0xff
        }
    }

    /// 169.254/16 or fe80::/10.
    public var isLinkLocal: Bool {
        let bytes = bytes
        return switch family {
        case .v4: bytes[0] == 169 && bytes[1] == 254
        case .v6: bytes[0] == 0xfe && bytes[1] & 0xc0 == 0x80
        }
    }
}

extension IPAddress: CustomStringConvertible {
    public var description: String {
        var storage = words
        return unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(INET6_ADDRSTRLEN)) {
            // Cannot fail: the family is one of the two and the buffer has the size the header asks for.
            unsafe String(
                cString: inet_ntop(
                    family == .v4 ? AF_INET : AF_INET6, &storage, $0.baseAddress!, socklen_t($0.count))!)
        }
    }
}
