// SPDX-License-Identifier: GPL-2.0-or-later

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
        for index in headerSize..<size { bytes[index] = pattern(number, index) }
        return bytes
    }

    /// The number and the moment of sending; nil when these bytes are not such a datagram, whole and unchanged.
    public static func read(_ bytes: UnsafeRawBufferPointer) -> (number: UInt64, nanoseconds: Int64)? {
        guard bytes.count >= headerSize, UInt32(littleEndian: bytes.loadUnaligned(as: UInt32.self)) == 4,
            UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 4, as: UInt32.self)) == receiver
        else { return nil }
        let number = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
        for index in headerSize..<bytes.count where bytes[index] != pattern(number, index) { return nil }
        return (number, Int64(littleEndian: bytes.loadUnaligned(fromByteOffset: 16, as: Int64.self)))
    }

    private static func pattern(_ number: UInt64, _ index: Int) -> UInt8 {
        UInt8(truncatingIfNeeded: Int(truncatingIfNeeded: number &* 0x9e37) &+ index &* 31)
    }
}
