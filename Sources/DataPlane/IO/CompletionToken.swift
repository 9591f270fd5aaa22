// SPDX-License-Identifier: GPL-2.0-or-later

/// What a completion belongs to, packed into the 64 bits io_uring hands back.
///
///     63..56 kind | 31..16 generation of a socket | 15..0 slot of a socket, or message
struct CompletionToken: BitwiseCopyable {
    enum Kind: UInt8, BitwiseCopyable {
        case send = 1, receive, mail, cancel
    }

    let bits: UInt64

    @_noLocks
    init(bits: UInt64) { self.bits = bits }

    /// Of a multishot receive.
    @_noLocks
    init(receive socket: SocketHandle) {
        bits = Self.pack(.receive) | UInt64(socket.generation) << 16 | UInt64(socket.slot)
    }

    /// Of the send of a message, by its number.
    @_noLocks
    init(message: Int) { bits = Self.pack(.send) | UInt64(UInt16(truncatingIfNeeded: message)) }

    @_noLocks
    init(_ kind: Kind) { bits = Self.pack(kind) }

    @_noLocks
    private static func pack(_ kind: Kind) -> UInt64 {
        switch kind {
        case .send: 1 << 56
        case .receive: 2 << 56
        case .mail: 3 << 56
        case .cancel: 4 << 56
        }
    }

    var kind: Kind {
        @_noLocks get {
            switch bits >> 56 {
            case 1: .send
            case 2: .receive
            case 3: .mail
            default: .cancel
            }
        }
    }

    var socket: SocketHandle {
        @_noLocks get {
            SocketHandle(
                slot: UInt16(truncatingIfNeeded: bits), generation: UInt16(truncatingIfNeeded: bits >> 16))
        }
    }

    var message: Int { @_noLocks get { Int(UInt16(truncatingIfNeeded: bits)) } }
}
