// SPDX-License-Identifier: GPL-2.0-or-later

internal import CShims.Socket
internal import Sockets

/// One receive: a datagram, or several of equal size that the kernel coalesced (`UDP_GRO`).
///
/// The words of this folder, smallest to largest:
///
///     segment    one datagram: a view (`iovec`) into a receive buffer, never copied
///     packet     what one receive brought: one segment, or several of equal size
///     run        consecutive segments of equal size for the same targets, to leave in one send (`UDP_SEGMENT`)
///     transmit   one run to one target
///     message    one send of a transmit as the kernel takes it: the whole run, or one segment of it
///     batch      the packets of a turn, and the queue of transmits that the relay makes of them
///
/// The bytes stay where the kernel put them until the batch is sent.
@safe
struct ReceivedPacket: BitwiseCopyable {
    /// The socket it came in on.
    var socket: SocketHandle
    /// Bytes in all, 0...65,535.
    var length: Int
    /// Bytes a segment, the last may be shorter; equal to `length` for a single datagram.
    var segmentSize: Int
    var payload: UnsafeMutableRawPointer
    /// The sender; none on a connected socket.
    var source: SocketAddress
    /// The address it was sent to, where the socket asks for that.
    var local: engarde_packet_info

    @_noLocks
    init(
        socket: SocketHandle, length: Int, segmentSize: Int, payload: UnsafeMutableRawPointer,
        source: SocketAddress, local: engarde_packet_info
    ) {
        self.socket = socket
        self.length = length
        self.segmentSize = segmentSize
        unsafe self.payload = unsafe payload
        self.source = source
        self.local = local
    }

    /// Datagrams in it; an empty datagram is one.
    var segmentCount: Int {
        @_noLocks get { length <= segmentSize ? 1 : (length + segmentSize - 1) / segmentSize }
    }

    /// Returns a view of segment `index`.
    @_noLocks
    func segment(_ index: Int) -> iovec {
        let offset = index * segmentSize
        return unsafe iovec(iov_base: payload + offset, iov_len: min(segmentSize, length - offset))
    }
}

/// The targets of a datagram, decided for each: some of the client's links, or some of a session's paths, a bit each; or
/// a single target.
///
/// Two sets are equal when the same copies would be sent. `version` tells apart two states of a group in which the same
/// bit stands for different targets.
struct TargetSet: BitwiseCopyable {
    /// What the bits are members of. A queue keeps the order of datagrams of one group.
    let group: Int32
    let version: UInt32
    let bits: UInt64

    @_noLocks
    init(group: Int32, version: UInt32 = 0, bits: UInt64 = 0) {
        self.group = group
        self.version = version
        self.bits = bits
    }

    @_noLocks
    static func == (one: TargetSet, other: TargetSet) -> Bool {
        one.group == other.group && one.version == other.version && one.bits == other.bits
    }
}

/// One run to one target.
struct Transmit: BitwiseCopyable {
    /// The address it goes to; none on a connected socket.
    var destination: SocketAddress
    /// The source address to leave from, where the socket has several.
    var local: engarde_packet_info
    /// The run's index in the queue.
    var run: Int32
    /// What its statistics and its segmentation belong to.
    var target: TransmitTarget
    /// The socket it leaves by.
    var slot: UInt16

    /// Makes a transmit by a connected socket.
    @_noLocks
    init(run: Int32, slot: UInt16) {
        self.run = run
        self.slot = slot
        target = TransmitTarget(slot: slot)
        destination = SocketAddress()
        local = engarde_packet_info()
    }

    /// Makes a transmit from a socket that is not connected.
    ///
    /// - Parameter target: the path it goes to; nil for one that is none, of which the socket keeps count.
    @_noLocks
    init(
        run: Int32, slot: UInt16, to destination: SocketAddress, from local: engarde_packet_info,
        target: TransmitTarget? = nil
    ) {
        self.run = run
        self.slot = slot
        if let target { self.target = target } else { self.target = TransmitTarget(slot: slot) }
        self.destination = destination
        self.local = local
    }
}

/// A socket, or one of the server's paths, which share a socket: what sends are counted for, and what may lose
/// segmentation offload by itself.
struct TransmitTarget: BitwiseCopyable {
    /// Sockets by slot, and behind them the paths.
    let index: Int32
    /// Tells a path from the one that had its place before.
    let tenant: UInt16

    @_noLocks
    init(slot: UInt16) {
        index = Int32(slot)
        tenant = 0
    }

    @_noLocks
    init(path: PathIndex, tenant: UInt16) {
        index = Int32(truncatingIfNeeded: Limits.socketSlots) + path.raw
        self.tenant = tenant
    }

    /// The path it is; nil for a socket.
    var path: PathIndex? {
        @_noLocks get {
            let path = index - Int32(truncatingIfNeeded: Limits.socketSlots)
            return path >= 0 ? PathIndex(path) : nil
        }
    }
}
