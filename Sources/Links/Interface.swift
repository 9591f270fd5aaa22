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
    /// Duplicate address detection has not finished or has failed.
    public var isTentative = false
    /// Its preferred lifetime is over.
    public var isDeprecated = false
    /// An IPv6 privacy address.
    public var isTemporary = false

    public init(
        ip: IPAddress, prefixLength: Int, isTentative: Bool = false, isDeprecated: Bool = false,
        isTemporary: Bool = false
    ) {
        self.ip = ip
        self.prefixLength = prefixLength
        self.isTentative = isTentative
        self.isDeprecated = isDeprecated
        self.isTemporary = isTemporary
    }

    /// Whether a link may send from it: not loopback, link-local, tentative, deprecated or temporary.
    public var isEligible: Bool {
        !ip.isLoopback && !ip.isLinkLocal && !isTentative && !isDeprecated && !(isTemporary && ip.family == .v6)
    }
}
