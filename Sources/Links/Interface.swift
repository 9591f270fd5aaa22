// SPDX-License-Identifier: GPL-2.0-or-later

public import Sockets

/// A network interface as the kernel last described it.
public struct Interface: Hashable, Sendable {
    /// The kernel's index: what stays the same when the interface is renamed.
    public var index: Int32
    public var name: String
    /// `veth`, `wireguard`, `tun`, …; empty for hardware.
    public var kind: String
    public var isAdministrativelyUp: Bool
    /// Able to carry, which the kernel may know up to a second before `ip link` shows it; false when down.
    public var hasCarrier: Bool
    public var isLoopback: Bool
    /// Bytes a packet may have on this interface.
    public var mtu: Int
    /// IPv4 first and in the kernel's order, then IPv6 by value: the kernel's order of those means nothing.
    public var addresses: [InterfaceAddress]

    public init(
        index: Int32, name: String, kind: String = "", isAdministrativelyUp: Bool = true, hasCarrier: Bool = true,
        isLoopback: Bool = false, mtu: Int = 1500, addresses: [InterfaceAddress] = []
    ) {
        self.index = index
        self.name = name
        self.kind = kind
        self.isAdministrativelyUp = isAdministrativelyUp
        self.hasCarrier = hasCarrier
        self.isLoopback = isLoopback
        self.mtu = mtu
        self.addresses = addresses
    }
}

/// One address of an interface.
public struct InterfaceAddress: Hashable, Sendable {
    public var ip: IPAddress
    public var prefixLength: Int
    /// Duplicate address detection has not finished.
    public var isTentative = false
    /// Duplicate address detection has found another machine with this address.
    public var isDuplicate = false
    /// Its preferred lifetime is over.
    public var isDeprecated = false
    /// An IPv6 privacy address.
    public var isTemporary = false

    public init(
        ip: IPAddress, prefixLength: Int, isTentative: Bool = false, isDuplicate: Bool = false,
        isDeprecated: Bool = false, isTemporary: Bool = false
    ) {
        self.ip = ip
        self.prefixLength = prefixLength
        self.isTentative = isTentative
        self.isDuplicate = isDuplicate
        self.isDeprecated = isDeprecated
        self.isTemporary = isTemporary
    }

    /// Whether a link that sends from it may go on: neither loopback nor link-local, nor another machine's too.
    public var isUsable: Bool { !ip.isLoopback && !ip.isLinkLocal && !isDuplicate }

    /// Whether a link may begin to send from it. The kernel binds no socket to a tentative address.
    public var isEligible: Bool { isUsable && !isTentative }

    /// The order in which addresses are taken, best first.
    public enum Standing: Comparable, Sendable {
        case preferred
        /// It changes once a day or so, and with it the path that the server knows.
        case temporary
        /// It serves what uses it already, and what finds no other (RFC 4862, 5.5.4).
        case deprecated
    }

    public var standing: Standing { isDeprecated ? .deprecated : isTemporary ? .temporary : .preferred }

    /// Whether `other` is in this address's network.
    func sharesNetwork(with other: IPAddress) -> Bool {
        guard other.family == ip.family else { return false }
        return zip(ip.bytes, other.bytes).enumerated().allSatisfy { index, pair in
            let bits = min(8, max(0, prefixLength - index * 8))
            return (pair.0 ^ pair.1) & ~UInt8(truncatingIfNeeded: 0xff >> bits) == 0
        }
    }
}
