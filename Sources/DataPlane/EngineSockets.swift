// SPDX-License-Identifier: GPL-2.0-or-later

/// What an engine remembers of each socket slot.
struct EngineSockets: ~Copyable {
    struct Entry: BitwiseCopyable {
        var descriptor: Int32 = -1
        var generation: UInt16 = 0
        /// The relay wants to know who sent: unconnected sockets.
        var wantsSource = false
        /// Attached and not detached since.
        var isServed = false
        /// A receive is under way in the kernel.
        var isArmed = false
        /// A send may ask for `UDP_SEGMENT`.
        var mayProduceSegments = true

        @_noLocks
        init() {}
    }

    let entries: UnsafeMutablePointer<Entry>
    /// Slots in use are below this.
    private(set) var end = 0

    init() {
        entries = .allocate(capacity: Limits.socketSlots)
        for slot in 0..<Limits.socketSlots { (entries + slot).initialize(to: Entry()) }
    }

    deinit { entries.deallocate() }

    subscript(slot: UInt16) -> UnsafeMutablePointer<Entry> { @_noLocks get { entries + Int(slot) } }

    @_noLocks
    mutating func attach(_ socket: SocketHandle, descriptor: Int32, wantsSource: Bool) {
        let entry = self[socket.slot]
        entry.pointee = Entry()
        entry.pointee.descriptor = descriptor
        entry.pointee.generation = socket.generation
        entry.pointee.wantsSource = wantsSource
        entry.pointee.isServed = true
        end = max(end, Int(socket.slot) + 1)
    }

    /// Whether the slot's tenant is this socket and it is served.
    @_noLocks
    func serves(_ socket: SocketHandle) -> Bool {
        let entry = self[socket.slot]
        return entry.pointee.isServed && entry.pointee.generation == socket.generation
    }
}
