// SPDX-License-Identifier: GPL-2.0-or-later

internal import CShims.Netlink
internal import Glibc
internal import Sockets

/// A message of the kernel about the machine's interfaces.
struct LinkEvent: Hashable, Sendable {
    enum Content: Hashable, Sendable {
        /// An interface was added or has changed; without its addresses.
        case link(Interface)
        case linkRemoved(index: Int32)
        case address(AddressRecord)
        case addressRemoved(AddressRecord)
        case routeChanged
        case dumpDone
        case dumpInterrupted
        case overrun
        case requestFailed(Errno)
    }

    var content: Content
    /// True for the answer to a request, false for a notification.
    var isFromDump = false
    /// The sequence number of the request.
    var sequence: UInt32 = 0
}

extension LinkEvent {
    /// Reads an event. Returns nil for unsupported address families.
    init?(_ event: engarde_link_event) {
        switch Int(event.kind) {
        case Int(ENGARDE_LINK_SET):
            content = .link(
                Interface(
                    index: event.index, name: InterfaceName.text(bytes(event.name)),
                    kind: String(decoding: bytes(event.link_kind), as: UTF8.self),
                    isAdministrativelyUp: event.flags & UInt32(IFF_UP) != 0, hasCarrier: event.carrier,
                    isLoopback: event.flags & UInt32(IFF_LOOPBACK) != 0, mtu: Int(event.mtu)))
        case Int(ENGARDE_LINK_REMOVED): content = .linkRemoved(index: event.index)
        case Int(ENGARDE_ADDRESS_SET):
            guard let record = AddressRecord(event) else { return nil }
            content = .address(record)
        case Int(ENGARDE_ADDRESS_REMOVED):
            guard let record = AddressRecord(event) else { return nil }
            content = .addressRemoved(record)
        case Int(ENGARDE_DUMP_DONE): content = .dumpDone
        case Int(ENGARDE_DUMP_INTERRUPTED): content = .dumpInterrupted
        case Int(ENGARDE_ROUTE_CHANGED): content = .routeChanged
        case Int(ENGARDE_OVERRUN): content = .overrun
        case Int(ENGARDE_REQUEST_FAILED): content = .requestFailed(Errno(event.error))
        default: return nil
        }
        isFromDump = event.from_dump
        sequence = event.sequence
    }
}

/// Returns the bytes of a C array of characters, which is a tuple in Swift, up to the first zero.
private func bytes<Characters>(_ characters: Characters) -> [UInt8] {
    withUnsafeBytes(of: characters) { Array($0.prefix { $0 != 0 }) }
}
