// SPDX-License-Identifier: GPL-2.0-or-later

internal import Glibc

/// An address and a port in the kernel's own layout, so that the hot path hands it over without conversion.
///
/// 28 bytes: `sockaddr_in6`, or `sockaddr_in` in the first 16 with zeros behind. Equality is equality of bytes.
public struct SocketAddress: Hashable, Sendable, BitwiseCopyable {
    /// `sa_family` in the low half, the port in network order in the high half (little-endian hosts).
    var familyAndPort: UInt32
    /// The IPv4 address, or the IPv6 flow label.
    var first: UInt32
    var v6: IPAddress.InlineWords
    /// The interface index of a link-local IPv6 address, else 0.
    public var scope: UInt32

    /// No address: family 0.
    @_noLocks
    public init() {
        familyAndPort = 0
        first = 0
        v6 = IPAddress.InlineWords(a: 0, b: 0, c: 0, d: 0)
        scope = 0
    }

    public init(_ ip: IPAddress, port: UInt16, scope: UInt32 = 0) {
        let family = ip.family == .v4 ? AF_INET : AF_INET6
        familyAndPort = UInt32(family) | UInt32(port.bigEndian) << 16
        first = ip.family == .v4 ? ip.words.a : 0
        v6 = ip.family == .v4 ? IPAddress.InlineWords(a: 0, b: 0, c: 0, d: 0) : ip.words
        self.scope = scope
    }

    /// Copies a kernel address of `length` bytes; anything longer than `sockaddr_in6` is cut.
    public init(kernel: UnsafeRawPointer, length: Int) {
        self.init()
        unsafe withUnsafeMutableBytes(of: &self) {
            unsafe $0.baseAddress!.copyMemory(from: kernel, byteCount: min(length, $0.count))
        }
    }

    /// Takes in the 28 bytes the kernel wrote beside a received datagram, without the IPv6 flow label, which is no
    /// part of who a peer is. Bytes behind a shorter address are ignored.
    @_noLocks
    public init(receivedFrom kernel: UnsafeRawPointer) {
        familyAndPort = unsafe kernel.loadUnaligned(fromByteOffset: 0, as: UInt32.self)
        if familyAndPort & 0xffff == UInt32(AF_INET) {
            first = unsafe kernel.loadUnaligned(fromByteOffset: 4, as: UInt32.self)
            v6 = IPAddress.InlineWords(a: 0, b: 0, c: 0, d: 0)
            scope = 0
        } else {
            first = 0
            v6 = unsafe IPAddress.InlineWords(
                a: kernel.loadUnaligned(fromByteOffset: 8, as: UInt32.self),
                b: kernel.loadUnaligned(fromByteOffset: 12, as: UInt32.self),
                c: kernel.loadUnaligned(fromByteOffset: 16, as: UInt32.self),
                d: kernel.loadUnaligned(fromByteOffset: 20, as: UInt32.self))
            scope = unsafe kernel.loadUnaligned(fromByteOffset: 24, as: UInt32.self)
        }
    }

    /// `AF_INET`, `AF_INET6`, or 0 for none.
    public var kernelFamily: Int32 {
        @_noLocks get { Int32(familyAndPort & 0xffff) }
    }

    /// Bytes the kernel wants to be told: 16 or 28.
    public var kernelLength: UInt32 {
        @_noLocks get { kernelFamily == AF_INET ? 16 : 28 }
    }

    public var port: UInt16 { UInt16(truncatingIfNeeded: familyAndPort >> 16).bigEndian }

    /// The address; a v4-mapped IPv6 address, as a dual-stack socket reports IPv4 peers, is given as IPv4.
    public var ip: IPAddress {
        if kernelFamily == AF_INET {
            return IPAddress(family: .v4, words: .init(a: first, b: 0, c: 0, d: 0))
        }
        if isMappedV4 { return IPAddress(family: .v4, words: .init(a: v6.d, b: 0, c: 0, d: 0)) }
        return IPAddress(family: .v6, words: v6)
    }

    public var isMappedV4: Bool {
        @_noLocks get {
            kernelFamily == AF_INET6 && v6.a == 0 && v6.b == 0 && v6.c == UInt32(0xffff).bigEndian
        }
    }

    /// The same peer as an AF_INET6 socket names it: IPv4 becomes v4-mapped.
    public var mappedToV6: SocketAddress {
        guard kernelFamily == AF_INET else { return self }
        var mapped = SocketAddress(.anyV6, port: port)
        mapped.v6.c = UInt32(0xffff).bigEndian
        mapped.v6.d = first
        return mapped
    }

    /// Whether this is a loopback address of either family, v4-mapped included.
    public var isLoopback: Bool {
        @_noLocks get {
            if kernelFamily == AF_INET { return first & UInt32(0xff00_0000).bigEndian == UInt32(0x7f00_0000).bigEndian }
            if isMappedV4 { return v6.d & UInt32(0xff00_0000).bigEndian == UInt32(0x7f00_0000).bigEndian }
            return v6.a == 0 && v6.b == 0 && v6.c == 0 && v6.d == UInt32(1).bigEndian
        }
    }

    /// The first 64 bits of the address as a number, an IPv4 address being v4-mapped.
    public var mappedHigh: UInt64 {
        @_noLocks get { kernelFamily == AF_INET ? 0 : UInt64(v6.a.bigEndian) << 32 | UInt64(v6.b.bigEndian) }
    }

    /// The last 64 bits of the address as a number, an IPv4 address being v4-mapped.
    public var mappedLow: UInt64 {
        @_noLocks get {
            kernelFamily == AF_INET
                ? 0xffff_0000_0000 | UInt64(first.bigEndian) : UInt64(v6.c.bigEndian) << 32 | UInt64(v6.d.bigEndian)
        }
    }

    /// The 28 bytes as four words in host order, the last half empty: for publishing through 64-bit atomics.
    public var words: (UInt64, UInt64, UInt64, UInt64) {
        @_noLocks get {
            (
                UInt64(familyAndPort) | UInt64(first) << 32, UInt64(v6.a) | UInt64(v6.b) << 32,
                UInt64(v6.c) | UInt64(v6.d) << 32, UInt64(scope)
            )
        }
    }

    /// Returns a hash of all that equality compares. Nobody who does not know the key can choose addresses whose hashes meet.
    @_noLocks
    public func hash64(key: UInt64) -> UInt64 {
        let second = key &* 0x9e37_79b9_7f4a_7c15 ^ 0xbf58_476d_1ce4_e5b9
        var hash = Self.fold(
            UInt64(familyAndPort) << 32 ^ UInt64(first) ^ key, UInt64(v6.a) << 32 ^ UInt64(v6.b) ^ second)
        hash = Self.fold(hash ^ UInt64(v6.c) << 32 ^ UInt64(v6.d), second ^ UInt64(scope))
        return Self.fold(hash ^ key, 0x94d0_49bb_1331_11eb)
    }

    @_noLocks
    private static func fold(_ one: UInt64, _ other: UInt64) -> UInt64 {
        let product = one.multipliedFullWidth(by: other)
        return product.high ^ product.low
    }

    @_noLocks
    public static func == (a: SocketAddress, b: SocketAddress) -> Bool {
        a.familyAndPort == b.familyAndPort && a.first == b.first && a.v6.a == b.v6.a && a.v6.b == b.v6.b
            && a.v6.c == b.v6.c && a.v6.d == b.v6.d && a.scope == b.scope
    }
}

extension SocketAddress: CustomStringConvertible {
    /// `192.0.2.1:51820` or `[2001:db8::1]:51820`.
    public var description: String {
        guard kernelFamily != 0 else { return "none" }
        let ip = ip
        return ip.family == .v4 ? "\(ip):\(port)" : "[\(ip)]:\(port)"
    }
}

extension SocketAddress {
    /// Lends the bytes of a `sockaddr` and their number.
    func withKernel<R>(_ body: (UnsafeRawPointer, UInt32) -> R) -> R {
        unsafe withUnsafeBytes(of: self) { unsafe body($0.baseAddress!, kernelLength) }
    }
}
