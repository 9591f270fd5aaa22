// SPDX-License-Identifier: GPL-2.0-or-later

internal import CShims.Netlink
internal import Glibc
internal import Sockets

/// An address of an interface, with the fields that identify it in the kernel.
struct AddressRecord: Hashable, Sendable {
    var index: Int32
    var address: InterfaceAddress
    /// The peer of a point-to-point address, else unspecified. Two records may differ in this field only.
    var peer: IPAddress

    /// Returns true when both identify the same address; flags may differ.
    func isSame(as other: AddressRecord) -> Bool {
        index == other.index && address.ip == other.address.ip
            && address.prefixLength == other.address.prefixLength && peer == other.peer
    }
}

extension AddressRecord {
    // From <linux/if_addr.h>, which is not in Swift's Glibc module.
    private static let temporary: UInt32 = 0x01
    private static let optimistic: UInt32 = 0x04
    private static let detectionFailed: UInt32 = 0x08
    private static let deprecated: UInt32 = 0x20
    private static let tentative: UInt32 = 0x40

    /// Reads an address event. Returns nil for families other than IPv4 and IPv6.
    init?(_ event: engarde_link_event) {
        let size = Int32(event.family) == AF_INET ? 4 : Int32(event.family) == AF_INET6 ? 16 : 0
        let ip = withUnsafeBytes(of: event.address) { IPAddress(bytes: .init(rebasing: $0[..<size])) }
        let peer = withUnsafeBytes(of: event.peer) { IPAddress(bytes: .init(rebasing: $0[..<size])) }
        guard let ip, let peer else { return nil }
        let flags = event.address_flags
        index = event.index
        // An optimistic address may be used while it is still being checked (RFC 4429). For IPv4 the
        // temporary bit means "secondary", which is not needed.
        address = InterfaceAddress(
            ip: ip, prefixLength: Int(event.prefix_length),
            isTentative: flags & (Self.tentative | Self.optimistic) == Self.tentative,
            isDuplicate: flags & Self.detectionFailed != 0, isDeprecated: flags & Self.deprecated != 0,
            isTemporary: ip.family == .v6 && flags & Self.temporary != 0)
        self.peer = peer
    }
}
