// SPDX-License-Identifier: GPL-2.0-or-later

/// Moves datagrams between sockets and a batch. It knows messages and sockets, and nothing of links, paths or sessions.
///
/// Used by one thread, the one that opened it. Another engine is another implementation of this, in a file of its own.
protocol Engine: ~Copyable {
    /// Waits for datagrams and fills the batch with them.
    ///
    /// Returns at the first datagram or command, or at `deadline` (monotonic nanoseconds, `.max` for none); it may
    /// return earlier and without any. What ``transmit(_:)`` left to do is done first, in the same system call where
    /// the engine can; the queue is empty afterwards.
    @_noLocks
    mutating func receive(_ batch: inout Batch, until deadline: Int64) -> Wake

    /// Sends what is in the queue, now or with the next ``receive(_:until:)``, behind which all packets are decided. A
    /// message that is refused costs its own copies only, and is counted.
    @_noLocks
    mutating func transmit(_ batch: inout Batch)

    /// Sends what is in the queue now; it is empty afterwards. Packets stay valid, and more may be added behind them.
    @_noLocks
    mutating func flush(_ batch: inout Batch)

    /// Takes back the buffers of packets that are decided, as soon as what views them is sent.
    @_noLocks
    mutating func recycle(_ batch: inout Batch)

    /// Starts to serve a socket. The descriptor stays open until the socket is reported released.
    @_noLocks
    mutating func attach(_ socket: SocketHandle, descriptor: Int32, wantsSource: Bool)

    /// Stops to serve a socket and reports it released as soon as nothing uses it, at once or in a later turn.
    @_noLocks
    mutating func detach(_ socket: SocketHandle)

    /// Returns true while a socket is served.
    @_noLocks
    func serves(_ socket: SocketHandle) -> Bool
}

/// The end of a wait.
struct Wake: BitwiseCopyable {
    /// Monotonic nanoseconds when the wait ended: the time of everything in this turn.
    var now: Int64
    /// Commands wait in the mailbox.
    var hasCommands: Bool

    @_noLocks
    init(now: Int64, hasCommands: Bool) {
        self.now = now
        self.hasCommands = hasCommands
    }
}
