// SPDX-License-Identifier: GPL-2.0-or-later

public import Glibc

/// An address and a port in the kernel's own layout, so that the hot path hands it over without conversion.
///
/// 28 bytes: `sockaddr_in6`, or `sockaddr_in` in the first 16 with zeros behind. Equality is equality of bytes; the
/// IPv6 flow label is cleared by whoever takes an address in, see ``clearFlowLabel()``.
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
        withUnsafeMutableBytes(of: &self) {
            $0.baseAddress!.copyMemory(from: kernel, byteCount: min(length, $0.count))
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

    /// Clears the flow label, which the kernel fills in on receive and which is no part of who a peer is.
    @_noLocks
    public mutating func clearFlowLabel() {
        if kernelFamily == AF_INET6 { first = 0 }
    }

    /// A spread of the 28 bytes over 64 bits for open-addressing tables. Not keyed: bounded tables do not need it.
    public var hash64: UInt64 {
        @_noLocks get {
            var h = (UInt64(familyAndPort) << 32 | UInt64(first)) &* 0x9e37_79b9_7f4a_7c15
            h = (h ^ (h >> 29) ^ (UInt64(v6.a) << 32 | UInt64(v6.b))) &* 0xbf58_476d_1ce4_e5b9
            h = (h ^ (h >> 32) ^ (UInt64(v6.c) << 32 | UInt64(v6.d))) &* 0x94d0_49bb_1331_11eb
            h ^= UInt64(scope)
            return h ^ (h >> 31)
        }
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
    /// Calls a libc function that reads a `sockaddr`.
    public func withKernel<R>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> R) -> R {
        var copy = self
        return withUnsafeMutableBytes(of: &copy) {
            body($0.baseAddress!.assumingMemoryBound(to: sockaddr.self), socklen_t(kernelLength))
        }
    }
}
