// SPDX-License-Identifier: GPL-2.0-or-later

/// The moving half of the data plane: receives into a batch, sends what the relay decided.
///
/// Used by one thread, the one that opened it.
protocol Engine: ~Copyable {
    /// Sends the batch's departures, gives its buffers back, waits, and fills it with what arrived.
    ///
    /// Returns at the first arrival or command, or at `deadline` (monotonic nanoseconds, `.max` for none); it may
    /// return earlier and empty-handed. A send that fails costs its own copy only and is counted. When this
    /// `endsBurst`, others may run between the sends and the wait; see ``ProcessorShare``.
    @_noLocks
    mutating func turn(_ batch: inout Batch, deadline: Int64, endsBurst: Bool) -> Turn

    /// Sends the batch's departures without waiting. Its arrivals stay valid, and more may be added behind them.
    @_noLocks
    mutating func flush(_ batch: inout Batch)

    /// Starts to serve a socket. The descriptor stays open until the socket is reported released.
    @_noLocks
    mutating func attach(_ socket: SocketHandle, descriptor: Int32, _ role: Command.Role)

    /// Counts datagrams of more bytes than this as fragmented.
    @_noLocks
    mutating func fit(_ socket: SocketHandle, datagramBytes: Int32)

    /// Stops to serve a socket and reports it released as soon as nothing uses it, at once or in a later turn.
    @_noLocks
    mutating func detach(_ socket: SocketHandle)
}

/// What a turn saw besides datagrams.
struct Turn: BitwiseCopyable {
    /// Monotonic nanoseconds when the wait ended: the time of everything in this turn.
    var now: Int64
    /// Commands are in the mailbox.
    var hasMail: Bool

    @_noLocks
    init(now: Int64, hasMail: Bool) {
        self.now = now
        self.hasMail = hasMail
    }
}
