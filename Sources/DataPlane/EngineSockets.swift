// SPDX-License-Identifier: GPL-2.0-or-later

/// What an engine remembers of each socket slot.
@safe
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
        unsafe entries = .allocate(capacity: Limits.socketSlots)
        for slot in 0..<Limits.socketSlots { unsafe (entries + slot).initialize(to: Entry()) }
    }

    deinit { unsafe entries.deallocate() }

    subscript(slot: UInt16) -> UnsafeMutablePointer<Entry> { @_noLocks get { unsafe entries + Int(slot) } }

    @_noLocks
    mutating func attach(_ socket: SocketHandle, descriptor: Int32, wantsSource: Bool) {
        let entry = unsafe self[socket.slot]
        unsafe entry.pointee = Entry()
        unsafe entry.pointee.descriptor = descriptor
        unsafe entry.pointee.generation = socket.generation
        unsafe entry.pointee.wantsSource = wantsSource
        unsafe entry.pointee.isServed = true
        end = max(end, Int(socket.slot) + 1)
    }

    /// Whether the slot's tenant is this socket and it is served.
    @_noLocks
    func serves(_ socket: SocketHandle) -> Bool {
        let entry = unsafe self[socket.slot]
        return unsafe entry.pointee.isServed && entry.pointee.generation == socket.generation
    }
}
