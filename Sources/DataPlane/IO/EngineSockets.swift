// SPDX-License-Identifier: GPL-2.0-or-later

/// What an engine remembers of each socket slot.
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
        @_noLocks unsafeAddress {
            precondition(Int(slot) < Limits.socketSlots)
            return unsafe UnsafePointer(entries + Int(slot))
        }
        @_noLocks unsafeMutableAddress {
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

    /// Whether the slot's tenant is this socket and it is served.
    @_noLocks
    func serves(_ socket: SocketHandle) -> Bool {
        self[socket.slot].isServed && self[socket.slot].generation == socket.generation
    }
}
