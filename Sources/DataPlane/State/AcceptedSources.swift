// SPDX-License-Identifier: GPL-2.0-or-later

internal import CShims.Socket
internal import Glibc
internal import Sockets

/// From where a client accepts WireGuard's datagrams: this machine, and what the file adds.
///
/// This machine means loopback, or a source equal to the address the datagram was sent to: the kernel drops packets
/// from outside that claim one of its own addresses as source (fib_validate_source, net/ipv4/fib_frontend.c).
@safe
struct AcceptedSources: ~Copyable {
    private let prefixes: UnsafeMutablePointer<(network: SocketAddress, bits: Int)>
    private let count: Int

    /// - Parameter prefixes: further networks, IPv4 or IPv6.
    init(prefixes list: [AddressPrefix]) {
        count = list.count
        unsafe prefixes = .allocate(capacity: max(1, list.count))
        for (index, prefix) in list.enumerated() {
            unsafe (prefixes + index).initialize(
                to: (
                    SocketAddress(prefix.base, port: 0).mappedToV6,
                    Int(prefix.bits) + (prefix.base.family == .v4 ? 96 : 0)
                ))
        }
    }

    deinit { unsafe prefixes.deallocate() }

    @_noLocks
    func accepts(_ source: SocketAddress, sentTo local: engarde_packet_info) -> Bool {
        if source.isLoopback || source.hasAddress(of: local) { return true }
        for index in 0..<count where unsafe source.isInside(prefixes[index].network, bits: prefixes[index].bits) {
            return true
        }
        return false
    }
}

extension SocketAddress {
    /// Whether this address, whatever its port, is the one a datagram was addressed to.
    @_noLocks
    func hasAddress(of local: engarde_packet_info) -> Bool {
        guard local.family != 0 else { return false }
        let a = local.address
        if kernelFamily == AF_INET {
            return mappedLow & 0xffff_ffff
                == UInt64(a.0) << 24 | UInt64(a.1) << 16 | UInt64(a.2) << 8 | UInt64(a.3)
        }
        let high =
            UInt64(a.0) << 56 | UInt64(a.1) << 48 | UInt64(a.2) << 40 | UInt64(a.3) << 32 | UInt64(a.4) << 24
            | UInt64(a.5) << 16 | UInt64(a.6) << 8 | UInt64(a.7)
        let low =
            UInt64(a.8) << 56 | UInt64(a.9) << 48 | UInt64(a.10) << 40 | UInt64(a.11) << 32 | UInt64(a.12) << 24
            | UInt64(a.13) << 16 | UInt64(a.14) << 8 | UInt64(a.15)
        return mappedHigh == high && mappedLow == low
    }

    /// Whether the first `bits` of the 128 (IPv4 as v4-mapped) are those of `network`, which is an AF_INET6 address.
    @_noLocks
    func isInside(_ network: SocketAddress, bits: Int) -> Bool {
        let high = bits >= 64 ? UInt64.max : bits == 0 ? 0 : UInt64.max << UInt64(64 - bits)
        let low = bits <= 64 ? 0 : bits == 128 ? UInt64.max : UInt64.max << UInt64(128 - bits)
        return mappedHigh & high == network.mappedHigh & high && mappedLow & low == network.mappedLow & low
    }
}
