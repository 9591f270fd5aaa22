// SPDX-License-Identifier: GPL-2.0-or-later

/// A block of addresses of one family, such as `192.0.2.0/24` or `2001:db8::/32`.
public struct AddressPrefix: Hashable, Sendable, BitwiseCopyable {
    /// The first address of the block: every bit behind the prefix is zero.
    public let base: IPAddress
    /// How many leading bits an address shares with ``base``: 0...32 for IPv4, 0...128 for IPv6.
    public let bits: UInt8
    private let mask: IPAddress.InlineWords

    /// The block of `bits` leading bits that `address` lies in; nil when the family has fewer bits.
    public init?(_ address: IPAddress, bits: Int) {
        guard bits >= 0, bits <= (address.family == .v4 ? 32 : 128) else { return nil }
        func word(_ index: Int) -> UInt32 {
            let taken = min(max(bits - 32 * index, 0), 32)
            return (taken == 0 ? 0 : UInt32.max << UInt32(32 - taken)).bigEndian
        }
        let mask = IPAddress.InlineWords(a: word(0), b: word(1), c: word(2), d: word(3))
        let words = address.words
        base = IPAddress(
            family: address.family,
            words: .init(a: words.a & mask.a, b: words.b & mask.b, c: words.c & mask.c, d: words.d & mask.d))
        self.bits = UInt8(bits)
        self.mask = mask
    }

    /// Parses `192.0.2.0/24`, `2001:db8::/32`, or a bare address, which stands for itself alone.
    ///
    /// Bits set behind the prefix are cleared, as WireGuard does with its `AllowedIPs`.
    public init?(_ text: some StringProtocol) {
        // `inet_pton` reads up to the first zero byte, so only what can be part of a prefix is let through to
        // it.
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) else { return nil }
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let address = IPAddress(parts[0]) else { return nil }
        guard parts.count == 2 else {
            self.init(address, bits: address.family == .v4 ? 32 : 128)
            return
        }
        guard (1...3).contains(parts[1].utf8.count), parts[1].utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let bits = Int(parts[1])
        else { return nil }
        self.init(address, bits: bits)
    }

    /// Every IPv4 address.
    public static let allV4 = AddressPrefix(.anyV4, bits: 0)!
    /// Every IPv6 address.
    public static let allV6 = AddressPrefix(.anyV6, bits: 0)!

    /// Whether `address` lies in the block. Families never match each other: a v4-mapped IPv6 address counts
    /// as IPv6, so give ``SocketAddress/ip``, which has undone the mapping.
    @_noLocks
    public func contains(_ address: IPAddress) -> Bool {
        Self.isV4(address) == Self.isV4(base)
            && address.words.a & mask.a == base.words.a && address.words.b & mask.b == base.words.b
            && address.words.c & mask.c == base.words.c && address.words.d & mask.d == base.words.d
    }

    /// The family by a switch: a comparison of enums is a call the compiler does not vouch for here.
    @_noLocks
    private static func isV4(_ address: IPAddress) -> Bool {
        switch address.family {
        case .v4: true
        case .v6: false
        }
    }
}

extension AddressPrefix: CustomStringConvertible {
    /// `192.0.2.0/24`, the length included also for a single address.
    public var description: String { "\(base)/\(bits)" }
}
