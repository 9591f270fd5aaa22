// SPDX-License-Identifier: GPL-2.0-or-later

import Glibc
import Sockets

/// An AF_PACKET socket on one interface: whole Ethernet frames in and out, past every rule and route.
final class PacketSocket: Sendable {
    let descriptor: Int32
    private static let everyProtocol: UInt16 = 3
    // <netpacket/packet.h> is not part of Swift's Glibc module.
    private static let ignoreOutgoing: Int32 = 23
    private static let outgoing: UInt8 = 4

    /// - Parameter outgoing: whether frames that leave through the interface are heard as well.
    init(on interface: String, in namespace: Namespace, outgoing: Bool) throws {
        descriptor = try namespace.inside {
            // Deaf until bound: a socket with a protocol hears every interface from its birth.
            let descriptor = socket(AF_PACKET, Int32(SOCK_RAW.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
            guard descriptor >= 0 else { throw LaboratoryFailure("no packet socket: \(Errno.current)") }
            var size: Int32 = 32 << 20
            setsockopt(descriptor, SOL_SOCKET, SO_RCVBUFFORCE, &size, 4)
            setsockopt(descriptor, SOL_SOCKET, SO_SNDBUFFORCE, &size, 4)
            var ignores: Int32 = outgoing ? 0 : 1
            setsockopt(descriptor, SOL_PACKET, Self.ignoreOutgoing, &ignores, 4)
            let index = if_nametoindex(interface)
            // struct sockaddr_ll: family, protocol in network order, interface index, then what only a sender needs.
            var address = [UInt8](repeating: 0, count: 20)
            address.withUnsafeMutableBytes {
                $0.storeBytes(of: UInt16(AF_PACKET), as: UInt16.self)
                $0.storeBytes(of: Self.everyProtocol.bigEndian, toByteOffset: 2, as: UInt16.self)
                $0.storeBytes(of: index, toByteOffset: 4, as: UInt32.self)
            }
            let bound = address.withUnsafeBytes {
                bind(
                    descriptor,
                    __CONST_SOCKADDR_ARG(__sockaddr__: $0.baseAddress!.assumingMemoryBound(to: sockaddr.self)), 20)
            }
            guard index > 0, bound == 0 else {
                defer { close(descriptor) }
                throw LaboratoryFailure("no packet socket on \(interface): \(Errno.current)")
            }
            return descriptor
        }
    }

    deinit { close(descriptor) }

    /// Waits up to 100 ms for a frame, or not at all. Returns its whole length, of which `buffer` may hold only the
    /// first part, and whether it left through the interface; nil when there was none.
    func receive(_ buffer: UnsafeMutableRawBufferPointer, waits: Bool) -> (length: Int, isOutgoing: Bool)? {
        if waits {
            var interest = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            guard poll(&interest, 1, 100) > 0 else { return nil }
        }
        var kind: UInt8 = 0
        let count = withUnsafeTemporaryAllocation(byteCount: 32, alignment: 8) { address in
            var length = socklen_t(address.count)
            let count = recvfrom(
                descriptor, buffer.baseAddress, buffer.count, Int32(MSG_DONTWAIT) | Int32(MSG_TRUNC),
                __SOCKADDR_ARG(__sockaddr__: address.baseAddress!.assumingMemoryBound(to: sockaddr.self)), &length)
            // sll_pkttype.
            kind = address[10]
            return count
        }
        return count > 0 ? (count, kind == Self.outgoing) : nil
    }

    /// Puts a frame on the wire; false when the kernel refused.
    @discardableResult
    func send(_ frame: UnsafeRawBufferPointer) -> Bool {
        Glibc.send(descriptor, frame.baseAddress, frame.count, Int32(MSG_DONTWAIT)) == frame.count
    }
}
