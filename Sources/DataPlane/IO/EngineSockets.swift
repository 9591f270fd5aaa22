// SPDX-License-Identifier: GPL-2.0-or-later

internal import Glibc

/// The state of each socket slot that an engine keeps.
@safe
struct EngineSockets: ~Copyable {
    struct Entry: BitwiseCopyable {
        var descriptor: Int32 = -1
        var generation: UInt16 = 0
        /// The relay needs the sender's address: the socket is not connected.
        var wantsSource = false
        /// Attached and not detached since.
        var isServed = false
        /// A receive is under way in the kernel.
        var isArmed = false
        /// Its receives fail: it is not received from before this, monotonic nanoseconds; 0 for now.
        var resumeAt: Int64 = 0
        var isPaused: Bool { @_noLocks get { resumeAt != 0 } }

        @_noLocks
        init() {}
    }

    private let entries: UnsafeMutablePointer<Entry>
    /// Slots in use are below this.
    private(set) var end = 0

    init() {
        unsafe entries = .allocate(capacity: Limits.socketSlots)
        for slot in 0..<Limits.socketSlots { unsafe (entries + slot).initialize(to: Entry()) }
    }

    deinit { unsafe entries.deallocate() }

    subscript(slot: UInt16) -> Entry {
        @_noLocks @inline(__always) unsafeAddress {
            precondition(Int(slot) < Limits.socketSlots)
            return unsafe UnsafePointer(entries + Int(slot))
        }
        @_noLocks @inline(__always) unsafeMutableAddress {
            precondition(Int(slot) < Limits.socketSlots)
            return unsafe entries + Int(slot)
        }
    }

    @_noLocks
    mutating func attach(_ socket: SocketHandle, descriptor: Int32, wantsSource: Bool) {
        var entry = Entry()
        entry.descriptor = descriptor
        entry.generation = socket.generation
        entry.wantsSource = wantsSource
        entry.isServed = true
        self[socket.slot] = entry
        end = max(end, Int(socket.slot) + 1)
    }

    /// Returns true while this socket has its slot and is served.
    @_noLocks
    func serves(_ socket: SocketHandle) -> Bool {
        self[socket.slot].isServed && self[socket.slot].generation == socket.generation
    }

    // MARK: Receives that fail

    /// When the first paused socket is received from again, monotonic nanoseconds; `.max` while none is paused.
    private(set) var resumeAt = Int64.max

    /// Does not receive from a socket for a while.
    @_noLocks
    mutating func pauseReceive(_ socket: SocketHandle, until time: Int64) {
        self[socket.slot].resumeAt = time
        resumeAt = min(resumeAt, time)
    }

    /// Returns a socket whose pause is over, if there is one.
    @_noLocks
    mutating func nextResumed(now: Int64) -> SocketHandle? {
        guard now >= resumeAt else { return nil }
        resumeAt = .max
        for index in 0..<end {
            let slot = UInt16(truncatingIfNeeded: index)
            guard self[slot].isServed, self[slot].isPaused else { continue }
            if self[slot].resumeAt <= now {
                self[slot].resumeAt = 0
                // Others are looked for with the next call.
                resumeAt = now
                return SocketHandle(slot: slot, generation: self[slot].generation)
            }
            resumeAt = min(resumeAt, self[slot].resumeAt)
        }
        return nil
    }
}

/// A receive that fails.
enum ReceiveFailure {
    /// The pause before a socket is received from again: an error that stays costs nothing, one that passes costs a second.
    static var pauseNanoseconds: Int64 { @_noLocks get { 1_000_000_000 } }

    /// Returns true when it is the network's, a signal's or the engine's own doing and another receive may follow at once: an ICMP
    /// error answers a datagram that was sent, so these cannot follow each other without end.
    ///
    /// - Parameter errno: positive.
    @_noLocks
    static func isWeather(errno: Int32) -> Bool {
        switch errno {
        case EAGAIN, EINTR, ENOBUFS, ECANCELED, ECONNREFUSED, EHOSTUNREACH, ENETUNREACH, EHOSTDOWN, ENETDOWN, EPROTO,
            ENOPROTOOPT, EMSGSIZE, EACCES, EPERM:
            true
        default: false
        }
    }
}
