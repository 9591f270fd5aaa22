// SPDX-License-Identifier: GPL-2.0-or-later

/// The clear header of a WireGuard datagram; all numbers are little-endian on the wire.
///
///     type          size   fields
///     1 initiation   148   sender [4..8)                     mac1 [116..132)  mac2 [132..148)
///     2 response      92   sender [4..8)  receiver [8..12)   mac1  [60..76)   mac2  [76..92)
///     3 cookie reply  64   receiver [4..8)
///     4 data        ≥ 32   receiver [4..8)  counter [8..16)  ciphertext, tag in the last 16
///
/// Source: the WireGuard paper, section 5.4, and its reference implementations.
public struct Message: BitwiseCopyable, Sendable {
    public enum Kind: UInt8, BitwiseCopyable, Sendable {
        case initiation = 1
        case response = 2
        case cookieReply = 3
        case data = 4
        /// Not WireGuard's: another type, a reserved byte that is not 0, or a size its type cannot have.
        case foreign = 0
    }

    /// Bytes of a data message without contents: header and tag.
    @inlinable public static var keepAliveLength: Int { @_noLocks get { 32 } }

    public let kind: Kind
    /// The index its sender gave this handshake; 0 unless `initiation` or `response`.
    public let sender: UInt32
    /// The index by which its receiver knows the session; 0 for `initiation`.
    public let receiver: UInt32
    /// The number of a data message, from 0 in each session; 0 for others.
    public let counter: UInt64

    /// - Parameters:
    ///   - bytes: a whole datagram; need not be aligned.
    ///   - length: its size in bytes, 0...65,535.
    @inlinable
    @_noLocks
    public init(_ bytes: UnsafeRawPointer, length: Int) {
        var kind = Kind.foreign
        var (sender, receiver, counter): (UInt32, UInt32, UInt64) = (0, 0, 0)
        if length >= 32 {
            switch unsafe UInt32(littleEndian: bytes.loadUnaligned(as: UInt32.self)) {
            case 4:
                kind = .data
                unsafe receiver = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 4, as: UInt32.self))
                unsafe counter = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
            case 1 where length == 148:
                kind = .initiation
                unsafe sender = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 4, as: UInt32.self))
            case 2 where length == 92:
                kind = .response
                unsafe sender = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 4, as: UInt32.self))
                unsafe receiver = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt32.self))
            case 3 where length == 64:
                kind = .cookieReply
                unsafe receiver = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 4, as: UInt32.self))
            default: break
            }
        }
        self.kind = kind
        self.sender = sender
        self.receiver = receiver
        self.counter = counter
    }
}
