// SPDX-License-Identifier: GPL-2.0-or-later

internal import CShims.Socket

/// The deciding half of the data plane, pure: what arrived goes in, what is to leave comes out, as data in a batch.
///
/// An engine drives it in the program, a simulated network in the tests.
protocol Relay: ~Copyable {
    /// Decides the batch's arrivals from its cursor on. Returns false when the batch is full of departures: the
    /// caller sends them and calls again.
    ///
    /// - Parameter now: monotonic nanoseconds of this turn.
    @_noLocks
    mutating func decide(_ batch: inout Batch, now: Int64) -> Bool

    /// Carries out a command about a socket.
    @_noLocks
    mutating func obey(_ command: Command)

    /// When ``expire(now:)`` wants to be called next, monotonic nanoseconds; `.max` for never.
    var deadline: Int64 { @_noLocks get }

    /// Lets go of what has been silent too long. Costs nothing before ``deadline``.
    @_noLocks
    mutating func expire(now: Int64)
}

/// Which sockets a relay serves and as what, by slot.
@safe
struct Tenants: ~Copyable {
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
