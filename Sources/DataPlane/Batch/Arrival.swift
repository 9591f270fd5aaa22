// SPDX-License-Identifier: GPL-2.0-or-later

internal import CShims.Socket
internal import Sockets

/// What one receive brought: a datagram, or several of equal size that the kernel coalesced (`UDP_GRO`).
///
/// The bytes stay where the kernel put them until the batch is over; a segment is a view into them.
@safe
struct Arrival: BitwiseCopyable {
    /// The socket it came in on.
    var socket: SocketHandle
    /// Bytes in all, 0...65,535.
    var length: Int
    /// Bytes a segment, the last may be shorter; equal to `length` for a single datagram.
    var segmentSize: Int
    var payload: UnsafeMutableRawPointer
    /// The sender; none on a connected socket.
    var source: SocketAddress
    /// Where it was addressed to, when the socket asks for that.
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

    /// Where segment `index` lies, as offset and length in bytes.
    @_noLocks
    func segment(_ index: Int) -> (offset: Int, length: Int) {
        let offset = index * segmentSize
        return (offset, min(segmentSize, length - offset))
    }
}

extension Arrival {
    /// A view of segment `index`.
    @_noLocks
    func slice(_ index: Int) -> iovec {
        let (offset, length) = segment(index)
        return unsafe iovec(iov_base: payload + offset, iov_len: length)
    }
}
