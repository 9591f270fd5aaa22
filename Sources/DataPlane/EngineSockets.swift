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
        /// Bytes of the largest datagram that leaves in one piece.
        var wholeBytes = Int32.max
        /// A send may ask for `UDP_SEGMENT`.
        var mayProduceSegments = true

        @_noLocks
        init() {}
    }

    let entries: UnsafeMutablePointer<Entry>
    /// Slots in use are below this.
    private(set) var end = 0
    private let counters: Counters
    /// The server's paths, which share one socket; nil on a client.
    private let board: PathBoard?

    init(counters: Counters, board: PathBoard?) {
        self.counters = counters
        self.board = board
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

    @_noLocks
    func fit(_ socket: SocketHandle, datagramBytes: Int32) {
        if serves(socket) { unsafe self[socket.slot].pointee.wholeBytes = datagramBytes }
    }

    // MARK: Sends

    /// Whether this departure's run may leave in one piece. A link is judged by its socket, a path by itself, for
    /// paths share a socket.
    @_noLocks
    func mayProduceSegments(_ departure: UnsafeMutablePointer<Departure>) -> Bool {
        let path = unsafe departure.pointee.path
        if path >= 0, let board { return board.mayProduceSegments(path) }
        return unsafe self[departure.pointee.slot].pointee.mayProduceSegments
    }

    /// Segmentation was refused on the way this departure takes: do without from now on.
    @_noLocks
    func stopProducingSegments(_ departure: UnsafeMutablePointer<Departure>) {
        let path = unsafe departure.pointee.path
        if path >= 0, let board { return board.set(path, .segmentationOff, 1) }
        unsafe self[departure.pointee.slot].pointee.mayProduceSegments = false
        unsafe counters.set(.segmentationOff, slot: departure.pointee.slot, 1)
    }

    /// Counts the datagrams of a departure that is about to be tried.
    @_noLocks
    func countSent(_ departure: UnsafeMutablePointer<Departure>, _ run: UnsafeMutablePointer<Run>) {
        let (datagrams, bytes) = unsafe (run.pointee.segmentCount, run.pointee.bytes)
        let (slot, path) = unsafe (departure.pointee.slot, departure.pointee.path)
        counters.add(.sentDatagrams, slot: slot, datagrams)
        counters.add(.sentBytes, slot: slot, bytes)
        let whole = unsafe Int(self[slot].pointee.wholeBytes)
        if unsafe run.pointee.segmentSize > whole {
            // The last segment of a run may be shorter.
            let last = unsafe bytes - (datagrams - 1) * run.pointee.segmentSize
            counters.add(.fragmentedDatagrams, slot: slot, last > whole ? datagrams : datagrams - 1)
        }
        if path >= 0 {
            board?.add(path, .sentDatagrams, datagrams)
            board?.add(path, .sentBytes, bytes)
        }
    }

    /// Counts datagrams of a departure that the kernel refused for good.
    @_noLocks
    func countLost(_ departure: UnsafeMutablePointer<Departure>, _ datagrams: Int, _ failure: SendFailure) {
        let (slot, path) = unsafe (departure.pointee.slot, departure.pointee.path)
        counters.add(failure, slot: slot, datagrams)
        counters.set(.lastFailure, slot: slot, UInt64(failure.index) + 1)
        if path >= 0 {
            board?.add(path, .sendFailures, datagrams)
            board?.set(path, .lastFailure, UInt64(failure.index) + 1)
        }
    }
}
