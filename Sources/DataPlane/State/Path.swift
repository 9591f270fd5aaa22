// SPDX-License-Identifier: GPL-2.0-or-later

internal import CShims.Socket
internal import Sockets

/// One client address that copies arrive from and go to.
struct Path: BitwiseCopyable {
    var address: SocketAddress
    /// The server's address the client last wrote to, from which answers leave.
    var local: engarde_packet_info
    /// When a datagram last came from there, monotonic nanoseconds.
    var lastReceived: Int64
    /// Where it stands in the list of live paths.
    var position: Int32
    /// Tells it from the path that had its place before.
    var tenant: UInt16

    /// It has shown that it receives what this client receives now; until then it is owed what it has sent. With opaque
    /// traffic: it has spoken after it was spoken to.
    var isValidated = false
    /// When it entered its session, or came into being: what proves it must have come later.
    var joined: Int64 = 0

    // The rest is for sessions; opaque traffic has none.

    /// The session it belongs to.
    var session: SessionIndex?
    /// Its place among the session's members, 0...31.
    var ordinal = 0
    /// When it last brought something of its own session, or entered it.
    var ownLastReceived: Int64 = 0
    /// Bytes it may still be sent while it is not proven.
    var amplificationAllowance = 0

    @_noLocks
    init(address: SocketAddress, local: engarde_packet_info, lastReceived: Int64, position: Int32, tenant: UInt16) {
        self.address = address
        self.local = local
        self.lastReceived = lastReceived
        self.position = position
        self.tenant = tenant
    }
}
