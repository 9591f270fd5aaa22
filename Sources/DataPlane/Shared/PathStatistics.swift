// SPDX-License-Identifier: GPL-2.0-or-later

public import Sockets
internal import Synchronization

/// What the data plane tells of the server's paths: one record a path, written by it alone and read by anyone.
///
/// A record's address changes under a sequence number that is odd meanwhile (a seqlock), so a reader never sees half
/// of it; the figures beside it are single words. The memory lives as long as the process.
@safe
public struct PathStatistics: @unchecked Sendable {
    enum Field: Int, CaseIterable, BitwiseCopyable {
        case sequence, address0, address1, address2, address3, since, lastReceived
        case receivedDatagrams, receivedBytes, sentDatagrams, sentBytes, sendFailures
        /// 1 + the ``SendFailure`` counted last; 0 while there is none.
        case lastFailure
        /// The errno by which segmentation is refused on the way to this path; 0 while it is not.
        case segmentationOff
        /// The index of the session it belongs to; 0 where there are none.
        case session
        /// 1 once the path has shown that a real client is there.
        case isValidated
    }

    /// One live path as last published.
    public struct Record: Hashable, Sendable {
        public var address: SocketAddress
        /// Monotonic nanoseconds.
        public var since: Int64
        /// Monotonic nanoseconds.
        public var lastReceived: Int64
        public var receivedDatagrams: UInt64
        public var receivedBytes: UInt64
        public var sentDatagrams: UInt64
        public var sentBytes: UInt64
        /// Datagrams whose send was refused; part of `sentDatagrams`.
        public var sendFailures: UInt64
        /// Why the latest of them was refused.
        public var lastFailure: SendFailure?
        /// Its place on the board, by which ``DuplicateStatistics`` knows it.
        public var index: Int
        /// The place of its session on the ``SessionStatistics``.
        public var session: Int
        public var isValidated: Bool
    }

    public let capacity: Int
    private let cells: UnsafeMutablePointer<Atomic<UInt64>>
    private let stride = Field.allCases.count

    public init(capacity: Int) {
        self.capacity = capacity
        let count = capacity * Field.allCases.count
        unsafe cells = zeroedMemory(bytes: count * 8).bindMemory(to: Atomic<UInt64>.self, capacity: count)
    }

    /// The live paths, in no order. Costs one pass over the board.
    public func records() -> [Record] { (0..<capacity).compactMap(record) }

    /// One path, while it is live.
    public func record(_ index: Int) -> Record? {
        while true {
            let sequence = unsafe cells[index * stride].load(ordering: .acquiring)
            if sequence & 1 == 1 { continue }
            let words = (
                load(index, .address0), load(index, .address1), load(index, .address2), load(index, .address3)
            )
            var record = Record(
                address: SocketAddress(), since: Int64(bitPattern: load(index, .since)),
                lastReceived: Int64(bitPattern: load(index, .lastReceived)),
                receivedDatagrams: load(index, .receivedDatagrams), receivedBytes: load(index, .receivedBytes),
                sentDatagrams: load(index, .sentDatagrams), sentBytes: load(index, .sentBytes),
                sendFailures: load(index, .sendFailures),
                lastFailure: SendFailure(rawValue: Int(load(index, .lastFailure)) - 1), index: index, session: Int(load(index, .session)),
                isValidated: load(index, .isValidated) != 0)
            atomicMemoryFence(ordering: .acquiring)
            guard load(index, .sequence) == sequence else { continue }
            record.address = unsafe withUnsafeBytes(of: words) {
                unsafe SocketAddress(kernel: $0.baseAddress!, length: 28)
            }
            return record.address.kernelFamily == 0 ? nil : record
        }
    }

    private func load(_ index: Int, _ field: Field) -> UInt64 {
        unsafe cells[index * stride + field.rawValue].load(ordering: .relaxed)
    }

    // MARK: Writing, by the data plane only

    /// Puts a new path on the board, or with an empty address takes one off.
    @_noLocks
    func publish(_ index: PathIndex, _ address: SocketAddress, since now: Int64) {
        let base = index.position * stride
        let sequence = unsafe cells[base].load(ordering: .relaxed)
        unsafe cells[base].store(sequence &+ 1, ordering: .relaxed)
        atomicMemoryFence(ordering: .releasing)
        var field = Field.since.rawValue
        while field < stride {
            unsafe cells[base + field].store(0, ordering: .relaxed)
            field += 1
        }
        let words = address.words
        unsafe cells[base + 1].store(words.0, ordering: .relaxed)
        unsafe cells[base + 2].store(words.1, ordering: .relaxed)
        unsafe cells[base + 3].store(words.2, ordering: .relaxed)
        unsafe cells[base + 4].store(words.3, ordering: .relaxed)
        set(index, .since, UInt64(bitPattern: now))
        set(index, .lastReceived, UInt64(bitPattern: now))
        unsafe cells[base].store(sequence &+ 2, ordering: .releasing)
    }

    @_noLocks
    func set(_ index: PathIndex, _ field: Field, _ value: UInt64) {
        unsafe cells[index.position * stride + field.rawValue].store(value, ordering: .relaxed)
    }

    @_noLocks
    func add(_ index: PathIndex, _ field: Field, _ amount: Int) {
        let cell = index.position * stride + field.rawValue
        unsafe cells[cell].store(
            cells[cell].load(ordering: .relaxed) &+ UInt64(truncatingIfNeeded: amount), ordering: .relaxed)
    }
}
