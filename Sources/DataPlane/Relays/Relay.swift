// SPDX-License-Identifier: GPL-2.0-or-later

internal import CShims.Socket

/// Decides what becomes of each packet: pure, with data in and data out.
///
/// An engine drives it in the program, a simulated network in the tests.
protocol Relay: ~Copyable {
    /// Queues copies of a packet's segments for the targets it decides on, or counts why there are none.
    ///
    /// - Parameter now: monotonic nanoseconds of this turn.
    /// - Returns: false when the queue lacks room for all of it; nothing is decided then, and the caller sends what is in
    ///   the queue and asks again.
    @_noLocks
    mutating func decide(_ packet: ReceivedPacket, into queue: inout TransmitQueue, now: Int64) -> Bool

    /// Carries out a command about a socket.
    @_noLocks
    mutating func apply(_ command: Command)

    /// When ``expire(now:into:)`` is to be called next, monotonic nanoseconds; `.max` for never.
    var deadline: Int64 { @_noLocks get }

    /// Lets go of what has been silent too long, and queues what is due. Costs nothing before ``deadline``. The queue is
    /// empty before.
    @_noLocks
    mutating func expire(now: Int64, into queue: inout TransmitQueue)
}

/// Which sockets a relay serves and as what, by slot.
@safe
struct SocketTable: ~Copyable {
    private let entries: UnsafeMutablePointer<(generation: UInt16, role: Command.Role?)>

    init() {
        unsafe entries = .allocate(capacity: Limits.socketSlots)
        unsafe entries.initialize(repeating: (0, nil), count: Limits.socketSlots)
    }

    deinit { unsafe entries.deallocate() }

    /// What the socket is for, or nil if it is not (or no longer) served.
    @_noLocks
    func role(of socket: SocketHandle) -> Command.Role? {
        let entry = unsafe entries[Int(socket.slot)]
        return entry.generation == socket.generation ? entry.role : nil
    }

    @_noLocks
    mutating func attach(_ socket: SocketHandle, as role: Command.Role) {
        unsafe entries[Int(socket.slot)] = (socket.generation, role)
    }

    @_noLocks
    mutating func detach(_ socket: SocketHandle) {
        guard case .some = role(of: socket) else { return }
        unsafe entries[Int(socket.slot)].role = nil
    }
}
