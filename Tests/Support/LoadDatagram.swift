// SPDX-License-Identifier: GPL-2.0-or-later

import Glibc

/// The datagrams of a load: numbered, stamped, and filled so that a cut or a wrong byte shows.
///
/// They wear the clear header of WireGuard transport data (type 4, receiver index, counter) and end in bytes that
/// differ from one to the next, so that whoever looks at such headers treats them as what they imitate:
///
///      0        4          8           16          24
///     │ 4 0 0 0 │ receiver │ number    │ sent (ns) │ pattern of the number … │
public enum LoadDatagram {
    /// Below this size a datagram has no number and only its length is told.
    public static let headerSize = 24
    private static let receiver: UInt32 = 0x6172_6765

    public static func make(number: UInt64, size: Int, nanoseconds: Int64) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: size)
        guard size >= headerSize else { return bytes }
        bytes.withUnsafeMutableBytes {
            $0.storeBytes(of: UInt32(4).littleEndian, as: UInt32.self)
            $0.storeBytes(of: receiver.littleEndian, toByteOffset: 4, as: UInt32.self)
            $0.storeBytes(of: number.littleEndian, toByteOffset: 8, as: UInt64.self)
            $0.storeBytes(of: nanoseconds.littleEndian, toByteOffset: 16, as: Int64.self)
        }
        bytes.withUnsafeMutableBytes {
            UnsafeMutableRawBufferPointer(rebasing: $0[headerSize...]).copyMemory(
                from: pattern(number, count: size - headerSize))
        }
        return bytes
    }

    /// The number and the moment of sending; nil when these bytes are not such a datagram, whole and unchanged.
    public static func read(_ bytes: UnsafeRawBufferPointer) -> (number: UInt64, nanoseconds: Int64)? {
        guard bytes.count >= headerSize, UInt32(littleEndian: bytes.loadUnaligned(as: UInt32.self)) == 4,
            UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 4, as: UInt32.self)) == receiver
        else { return nil }
        let number = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
        let body = bytes[headerSize...]
        guard memcmp(bytes.baseAddress! + headerSize, pattern(number, count: body.count).baseAddress!, body.count) == 0
        else { return nil }
        return (number, Int64(littleEndian: bytes.loadUnaligned(fromByteOffset: 16, as: Int64.self)))
    }

    /// Random enough that no two datagrams look alike, and made once: a check must be cheaper than the datagram.
    private nonisolated(unsafe) static let noise: UnsafeRawBufferPointer = {
        let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: 70_000, alignment: 16)
        var state: UInt32 = 2_463_534_242
        for index in bytes.indices {
            state ^= state << 13
            state ^= state >> 17
            state ^= state << 5
            bytes[index] = UInt8(truncatingIfNeeded: state)
        }
        return UnsafeRawBufferPointer(bytes)
    }()

    private static func pattern(_ number: UInt64, count: Int) -> UnsafeRawBufferPointer {
        let offset = Int(number % 4_093)
        return UnsafeRawBufferPointer(rebasing: noise[offset..<offset + count])
    }
}
