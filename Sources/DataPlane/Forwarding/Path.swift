// SPDX-License-Identifier: GPL-2.0-or-later

internal import CShims.Socket
internal import Sockets

/// One client address that copies arrive from and go to.
struct Path: BitwiseCopyable {
    var address: SocketAddress
    /// The server's address the client last wrote to, from which answers leave.
    var local: engarde_packet_info
    /// When a datagram last came from there, monotonic nanoseconds.
    var lastHeard: Int64
    /// Where it stands in the list of live paths.
    var position: Int32

    @_noLocks
    init(address: SocketAddress, local: engarde_packet_info, lastHeard: Int64, position: Int32) {
        self.address = address
        self.local = local
        self.lastHeard = lastHeard
        self.position = position
    }
}
