// SPDX-License-Identifier: GPL-2.0-or-later

internal import Synchronization

/// What the data plane tells of the server's sessions: one record a session, written by it alone and read by anyone.
///
/// A record changes hands by its `id`, which is 0 while nobody has it; a reader that finds another id afterwards looks
/// again. The memory lives as long as the process.
@safe
public struct SessionStatistics: @unchecked Sendable {
    enum Field: Int, CaseIterable, BitwiseCopyable {
        case id, since, lastReceived, isValidated, slot
        case expectedReplies
    }

    /// One live session as last published.
    public struct Record: Hashable, Sendable {
        /// Its place on the board, which is its stream on the ``DuplicateStatistics``.
        public var index: Int
        /// Never given twice.
        public var id: UInt64
        /// Monotonic nanoseconds.
        public var since: Int64
        public var lastReceived: Int64
        /// Whether WireGuard has answered it.
        public var isValidated: Bool
        /// The slot of its upstream socket.
        public var slot: UInt16
        /// Datagrams from WireGuard that the client answers within ten seconds: handshakes and data, but no
        /// keep-alives, which are data without contents.
        public var expectedReplies: UInt64
    }

    private let capacity: Int
    private let cells: UnsafeMutablePointer<Atomic<UInt64>>
    private let stride = Field.allCases.count

    init(capacity: Int) {
        self.capacity = capacity
        let count = capacity * Field.allCases.count
        unsafe cells = zeroedMemory(bytes: count * 8).bindMemory(to: Atomic<UInt64>.self, capacity: count)
    }

    /// The live sessions, in no order.
    public func records() -> [Record] { (0..<capacity).compactMap(record) }

    private func record(_ index: Int) -> Record? {
        while true {
            let id = unsafe cells[index * stride].load(ordering: .acquiring)
            guard id != 0 else { return nil }
            let record = Record(
                index: index, id: id, since: Int64(bitPattern: load(index, .since)),
                lastReceived: Int64(bitPattern: load(index, .lastReceived)), isValidated: load(index, .isValidated) != 0,
                slot: UInt16(truncatingIfNeeded: load(index, .slot)), expectedReplies: load(index, .expectedReplies))
            atomicMemoryFence(ordering: .acquiring)
            if load(index, .id) == id { return record }
        }
    }

    private func load(_ index: Int, _ field: Field) -> UInt64 {
        unsafe cells[index * stride + field.rawValue].load(ordering: .relaxed)
    }

    // MARK: Writing, by the data plane only

    @_noLocks
    func publish(_ index: SessionIndex, _ session: Session) {
        set(index, .id, 0)
        atomicMemoryFence(ordering: .releasing)
        set(index, .since, UInt64(bitPattern: session.since))
        set(index, .lastReceived, UInt64(bitPattern: session.lastReceived))
        set(index, .isValidated, session.isValidated ? 1 : 0)
        set(index, .slot, UInt64(session.slot))
        set(index, .expectedReplies, 0)
        unsafe cells[index.position * stride].store(session.id, ordering: .releasing)
    }

    @_noLocks
    func withdraw(_ index: SessionIndex) { set(index, .id, 0) }

    @_noLocks
    func add(_ index: SessionIndex, _ field: Field, _ amount: UInt64) {
        let cell = index.position * stride + field.rawValue
        unsafe cells[cell].store(cells[cell].load(ordering: .relaxed) &+ amount, ordering: .relaxed)
    }

    @_noLocks
    func set(_ index: SessionIndex, _ field: Field, _ value: UInt64) {
        unsafe cells[index.position * stride + field.rawValue].store(value, ordering: .relaxed)
    }
}
