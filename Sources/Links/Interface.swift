// SPDX-License-Identifier: GPL-2.0-or-later

public import Sockets

/// A network interface as the kernel last described it.
public struct Interface: Hashable, Sendable {
    /// The kernel's index, which stays the same when the interface is renamed.
    public var index: Int32
    public var name: String
    /// The kind: `veth`, `wireguard`, `tun`, …; empty for hardware.
    public var kind: String
    public var isAdministrativelyUp: Bool
    /// True when the interface has a carrier, which may be up to a second before `ip link` shows it; false when down.
    public var hasCarrier: Bool
    public var isLoopback: Bool
    /// The maximum size of a packet, in bytes.
    public var mtu: Int
    /// The addresses: IPv4 in the kernel's order, then IPv6 sorted, because their order in the kernel has no meaning.
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
    /// True while duplicate address detection has not finished.
    public var isTentative = false
    /// True when duplicate address detection has found another machine with this address.
    public var isDuplicate = false
    /// True when its preferred lifetime is over.
    public var isDeprecated = false
    /// True for an IPv6 privacy address.
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

    /// True when a link that sends from it may continue: it is neither loopback, link-local nor a duplicate.
    public var isUsable: Bool { !ip.isLoopback && !ip.isLinkLocal && !isDuplicate }

    /// True when a link may begin to send from it. The kernel binds no socket to a tentative address.
    public var isEligible: Bool { isUsable && !isTentative }

    /// The preference among addresses, best first.
    public enum Standing: Comparable, Sendable {
        case preferred
        /// A temporary address, which changes about once a day, and with it the path that the server knows.
        case temporary
        /// A deprecated address, to be used only by existing links and without another one (RFC 4862, 5.5.4).
        case deprecated
    }

    public var standing: Standing { isDeprecated ? .deprecated : isTemporary ? .temporary : .preferred }

    /// Returns true when `other` is in this address's network.
    func sharesNetwork(with other: IPAddress) -> Bool {
        guard other.family == ip.family else { return false }
        return zip(ip.bytes, other.bytes).enumerated().allSatisfy { index, pair in
            let bits = min(8, max(0, prefixLength - index * 8))
            return (pair.0 ^ pair.1) & ~UInt8(truncatingIfNeeded: 0xff >> bits) == 0
        }
    }
}
