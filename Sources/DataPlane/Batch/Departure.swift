// SPDX-License-Identifier: GPL-2.0-or-later

internal import CShims.Socket
internal import Sockets

/// One send: a run, through a socket, to a destination.
struct Departure: BitwiseCopyable {
    /// None on a connected socket. First, so that a departure's address is its destination's.
    var destination: SocketAddress
    /// Index of the run in the batch.
    var run: Int32
    /// The socket it leaves by.
    var slot: UInt16
    /// The path it goes to, or -1.
    var path: Int32
    /// The source address to leave from, where the socket has several.
    var local: engarde_packet_info

    /// A send on a connected socket.
    @_noLocks
    init(run: Int32, slot: UInt16) {
        self.run = run
        self.slot = slot
        path = -1
        destination = SocketAddress()
        local = engarde_packet_info()
    }

    /// A send from an unconnected socket to a peer.
    @_noLocks
    init(run: Int32, slot: UInt16, path: Int32, destination: SocketAddress, local: engarde_packet_info) {
        self.run = run
        self.slot = slot
        self.path = path
        self.destination = destination
        self.local = local
    }
}
