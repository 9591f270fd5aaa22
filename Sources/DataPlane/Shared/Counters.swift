// SPDX-License-Identifier: GPL-2.0-or-later

internal import Synchronization

/// What the data plane tells the rest of the program: numbers that only it writes and anyone reads.
///
/// Relaxed atomics without read-modify-write: there is one writer. Values only grow, except where said. The memory
/// lives as long as the process.
@safe
public struct Counters: @unchecked Sendable {
    /// Figures of one socket. They belong to the slot's tenant and start at zero with each.
    public enum Socket: Int, CaseIterable, Sendable, BitwiseCopyable {
        case receivedDatagrams, receivedBytes
        /// Bytes of the largest datagram received.
        case largestReceived
        /// Tried, refused ones included.
        case sentDatagrams, sentBytes
        /// Those of them that are larger than the link carries in one piece, see ``Command/fit(_:datagramBytes:)``.
        case fragmentedDatagrams
        /// Submissions to the kernel; fewer than datagrams where runs leave in one piece.
        case sends
        /// When a datagram was last accepted here, monotonic nanoseconds; 0 for never.
        case lastReceived
        /// Datagrams the kernel dropped because this socket's receive buffer was full.
        case kernelDrops
        /// The errno by which segmentation is refused on this socket; 0 while it is not.
        case segmentationOff
        /// The generation whose figures these are.
        case generation
        /// 1 + the ``SendFailure`` counted last; 0 while there is none.
        case lastFailure
    }

    /// Figures of the loop.
    public enum Loop: Int, CaseIterable, Sendable, BitwiseCopyable {
        case turns, systemCalls
        /// Packets received and decided.
        case packets
        /// Client: datagrams from WireGuard that its peer answers within ten seconds: handshakes and data, but no
        /// keep-alives, which are data without contents.
        case expectedReplies
    }

    private static let socketFields = Socket.allCases.count + SendFailure.allCases.count
    private let cells: UnsafeMutablePointer<Atomic<UInt64>>
    private static let loopBase = Limits.socketSlots * socketFields
    private static let dropBase = loopBase + Loop.allCases.count
    private static let count = dropBase + DropReason.allCases.count

    // Copies of the stored constants above: reading a global on the hot path may run its initialiser under a lock.
    private let socketStride: Int
    private let failureOffset: Int
    private let loopOffset: Int
    private let dropOffset: Int

    public init() {
        unsafe cells = zeroedMemory(bytes: Self.count * 8).bindMemory(to: Atomic<UInt64>.self, capacity: Self.count)
        socketStride = Self.socketFields
        failureOffset = Socket.allCases.count
        loopOffset = Self.loopBase
        dropOffset = Self.dropBase
    }

    /// Frees the memory. For tests that make many; nobody may use any copy afterwards.
    func deallocate() { unsafe freeZeroedMemory(cells, bytes: Self.count * 8) }

    // MARK: Reading, from any thread

    public func value(_ field: Socket, slot: UInt16) -> UInt64 { read(Int(slot) * socketStride + field.rawValue) }

    /// Datagrams whose send was refused for this reason.
    public func value(_ failure: SendFailure, slot: UInt16) -> UInt64 {
        read(Int(slot) * socketStride + failureOffset + failure.index)
    }

    /// Why a send was refused last; nil when none has been.
    public func lastFailure(slot: UInt16) -> SendFailure? {
        SendFailure(rawValue: Int(value(.lastFailure, slot: slot)) - 1)
    }

    public func value(_ field: Loop) -> UInt64 { read(loopOffset + field.rawValue) }

    /// Datagrams not forwarded for this reason.
    public func value(_ reason: DropReason) -> UInt64 { read(dropOffset + reason.index) }

    private func read(_ index: Int) -> UInt64 { unsafe cells[index].load(ordering: .relaxed) }

    // MARK: Writing, by the data plane only

    @_noLocks
    private func add(_ index: Int, _ amount: UInt64) {
        unsafe cells[index].store(cells[index].load(ordering: .relaxed) &+ amount, ordering: .relaxed)
    }

    @_noLocks
    func add(_ field: Socket, slot: UInt16, _ amount: Int) {
        add(Int(slot) * socketStride + field.rawValue, UInt64(truncatingIfNeeded: amount))
    }

    @_noLocks
    func set(_ field: Socket, slot: UInt16, _ value: UInt64) {
        unsafe cells[Int(slot) * socketStride + field.rawValue].store(value, ordering: .relaxed)
    }

    /// Keeps the larger of what is there and `value`.
    @_noLocks
    func raise(_ field: Socket, slot: UInt16, to value: Int) {
        let cell = unsafe cells + (Int(slot) * socketStride + field.rawValue)
        let kept = unsafe cell.pointee.load(ordering: .relaxed)
        unsafe cell.pointee.store(max(kept, UInt64(truncatingIfNeeded: value)), ordering: .relaxed)
    }

    /// Notes that a datagram was accepted on this socket.
    @_noLocks
    func noteReceived(_ slot: UInt16, at now: Int64) { set(.lastReceived, slot: slot, UInt64(bitPattern: now)) }

    @_noLocks
    func add(_ failure: SendFailure, slot: UInt16, _ amount: Int) {
        add(Int(slot) * socketStride + failureOffset + failure.index, UInt64(truncatingIfNeeded: amount))
    }

    @_noLocks
    func add(_ field: Loop, _ amount: Int) { add(loopOffset + field.rawValue, UInt64(truncatingIfNeeded: amount)) }

    @_noLocks
    func set(_ field: Loop, _ value: UInt64) {
        unsafe cells[loopOffset + field.rawValue].store(value, ordering: .relaxed)
    }

    @_noLocks
    func add(_ reason: DropReason, _ amount: Int) {
        add(dropOffset + reason.index, UInt64(truncatingIfNeeded: amount))
    }

    /// Starts a slot's figures afresh for a new tenant. Its generation comes last: a reader that finds the new one finds none
    /// of the old figures.
    @_noLocks
    func reset(slot: UInt16, generation: UInt16) {
        let base = Int(slot) * socketStride
        for field in 0..<socketStride { unsafe cells[base + field].store(0, ordering: .relaxed) }
        unsafe cells[base + Socket.generation.rawValue].store(UInt64(generation), ordering: .releasing)
    }

    /// The generation of the socket whose figures a slot has. Read it before the figures.
    public func generation(slot: UInt16) -> UInt16 {
        let value = unsafe cells[Int(slot) * socketStride + Socket.generation.rawValue].load(ordering: .acquiring)
        return UInt16(truncatingIfNeeded: value)
    }
}
