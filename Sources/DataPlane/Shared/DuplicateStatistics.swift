// SPDX-License-Identifier: GPL-2.0-or-later

internal import Synchronization

/// What the data plane measures of copies: how many of a stream's datagrams came by each of its members, how late, and
/// by which first. Plain counters, written by it alone and folded by others.
///
/// A stream is what one client or the server sends to us: stream 0 on the client, a session on the server. A member is
/// a link (by its socket's slot) or a path (by its index). A copy is counted in the second in which its datagram came
/// first, so that a late copy is no loss; a second is complete when the latest copies are in, see ``lag``. Times are
/// those of turns, so delays are as fine as turns are short: tens of microseconds. The memory lives as long as the
/// process.
@safe
public struct DuplicateStatistics: @unchecked Sendable {
    /// Seconds kept; a reader that comes later than this finds them overwritten.
    public static var bins: Int { @_noLocks get { 8 } }
    /// Whole seconds that may pass between a datagram's first and last copy.
    public static var lag: Int64 { 1 }
    /// Classes of delay, see ``bucket(microseconds:)``.
    public static var buckets: Int { @_noLocks get { 152 } }

    /// One whole second of a member.
    public struct MemberSecond: Hashable, Sendable {
        /// Monotonic seconds.
        public var second: UInt32
        /// The stream's datagrams that came by this member.
        public var received: UInt32
        /// Those that came by it first.
        public var first: UInt32
        /// How many were how late, by ``DuplicateStatistics/bucket(microseconds:)``; a first copy is 0 late.
        public var delays: [UInt32]
    }

    private static var memberBinCells: Int { @_noLocks get { 3 + buckets } }
    /// Before a member's bins: last delay (µs), jitter (1/16 µs), and the stream's `uniques` at its last copy.
    private static var memberCells: Int { @_noLocks get { 3 + bins * memberBinCells } }
    /// A stream's bins of second and count.
    private static var streamCells: Int { @_noLocks get { bins * 2 } }

    private let members: UnsafeMutablePointer<Atomic<UInt32>>
    private let streams: UnsafeMutablePointer<Atomic<UInt32>>
    /// Two a stream: different datagrams, and copies of them, so far.
    private let totals: UnsafeMutablePointer<Atomic<UInt64>>

    public init(members memberCount: Int, streams streamCount: Int) {
        unsafe members = zeroedMemory(bytes: memberCount * Self.memberCells * 4)
            .bindMemory(to: Atomic<UInt32>.self, capacity: memberCount * Self.memberCells)
        unsafe streams = zeroedMemory(bytes: streamCount * Self.streamCells * 4)
            .bindMemory(to: Atomic<UInt32>.self, capacity: streamCount * Self.streamCells)
        unsafe totals = zeroedMemory(bytes: streamCount * 16)
            .bindMemory(to: Atomic<UInt64>.self, capacity: streamCount * 2)
    }

    /// The class of a delay: exact below 8 µs, then eight to an octave; the last holds everything from 2 s on.
    @_noLocks
    public static func bucket(microseconds: UInt32) -> Int {
        if microseconds < 8 { return Int(microseconds) }
        let octave = 31 - microseconds.leadingZeroBitCount
        return min((octave - 2) * 8 + Int((microseconds >> UInt32(octave - 3)) & 7), buckets - 1)
    }

    // MARK: Reading, from any thread

    /// What a member has of a whole second, or nil when nothing came by it then or it is overwritten.
    public func member(_ member: Int, second: UInt32) -> MemberSecond? {
        let base = member * Self.memberCells + 3 + Int(second) % Self.bins * Self.memberBinCells
        guard unsafe members[base].load(ordering: .acquiring) == second else { return nil }
        let result = unsafe MemberSecond(
            second: second, received: members[base + 1].load(ordering: .relaxed),
            first: members[base + 2].load(ordering: .relaxed),
            delays: (0..<Self.buckets).map { unsafe members[base + 3 + $0].load(ordering: .relaxed) })
        atomicMemoryFence(ordering: .acquiring)
        return unsafe members[base].load(ordering: .relaxed) == second ? result : nil
    }

    /// Different datagrams of a stream that came in a whole second.
    public func datagrams(ofStream stream: Int, second: UInt32) -> UInt32 {
        let base = stream * Self.streamCells + Int(second) % Self.bins * 2
        guard unsafe streams[base].load(ordering: .acquiring) == second else { return 0 }
        let count = unsafe streams[base + 1].load(ordering: .relaxed)
        atomicMemoryFence(ordering: .acquiring)
        return unsafe streams[base].load(ordering: .relaxed) == second ? count : 0
    }

    /// Mean change of a member's delay from one datagram to the next, microseconds (RFC 3550, 6.4.1).
    public func jitterMicroseconds(_ member: Int) -> Double {
        unsafe Double(members[member * Self.memberCells + 1].load(ordering: .relaxed)) / 16
    }

    /// Different datagrams of a stream since it began.
    @_noLocks
    public func uniques(ofStream stream: Int) -> UInt64 { unsafe totals[stream * 2].load(ordering: .relaxed) }

    /// Copies of those that came later.
    public func duplicates(ofStream stream: Int) -> UInt64 {
        unsafe totals[stream * 2 + 1].load(ordering: .relaxed)
    }

    /// Datagrams of the stream since the last one that came by this member, modulo 2³².
    @_noLocks
    public func missed(_ member: Int, stream: Int) -> UInt32 {
        unsafe low(stream) &- members[member * Self.memberCells + 2].load(ordering: .relaxed)
    }

    @_noLocks
    private func low(_ stream: Int) -> UInt32 { UInt32(truncatingIfNeeded: uniques(ofStream: stream)) }

    // MARK: Writing, by the data plane only

    /// A new tenant of a member's place: nothing is known of it.
    @_noLocks
    func begin(_ member: Int, stream: Int) {
        let base = member * Self.memberCells
        unsafe members[base].store(0, ordering: .relaxed)
        unsafe members[base + 1].store(0, ordering: .relaxed)
        unsafe members[base + 2].store(low(stream), ordering: .relaxed)
        for bin in 0..<Self.bins {
            unsafe members[base + 3 + bin * Self.memberBinCells].store(0, ordering: .releasing)
        }
    }

    /// A new tenant of a stream's place.
    @_noLocks
    func begin(stream: Int) {
        let base = stream * Self.streamCells
        for cell in 0..<Self.streamCells { unsafe streams[base + cell].store(0, ordering: .relaxed) }
        unsafe totals[stream * 2].store(0, ordering: .relaxed)
        unsafe totals[stream * 2 + 1].store(0, ordering: .relaxed)
    }

    /// A datagram has come for the first time, by this member, in this second.
    @_noLocks
    func first(_ member: Int, stream: Int, second: UInt32) {
        unsafe totals[stream * 2].store(uniques(ofStream: stream) &+ 1, ordering: .relaxed)
        let bin = unsafe streams + (stream * Self.streamCells + Int(second) % Self.bins * 2)
        if unsafe bin.pointee.load(ordering: .relaxed) != second {
            unsafe (bin + 1).pointee.store(0, ordering: .relaxed)
            unsafe bin.pointee.store(second, ordering: .releasing)
        }
        unsafe Self.add(1, to: bin + 1)
        copy(member, stream: stream, second: second, delay: 0, isFirst: true)
    }

    /// A copy has come by this member of a datagram that came first in this second.
    ///
    /// - Parameter delay: how much later than the first, microseconds.
    @_noLocks
    func later(_ member: Int, stream: Int, second: UInt32, delay: UInt32) {
        let duplicates = unsafe totals + (stream * 2 + 1)
        unsafe duplicates.pointee.store(duplicates.pointee.load(ordering: .relaxed) &+ 1, ordering: .relaxed)
        copy(member, stream: stream, second: second, delay: delay, isFirst: false)
    }

    @_noLocks
    private func copy(_ member: Int, stream: Int, second: UInt32, delay: UInt32, isFirst: Bool) {
        let base = unsafe members + member * Self.memberCells
        unsafe (base + 2).pointee.store(low(stream), ordering: .relaxed)
        let last = unsafe base.pointee.load(ordering: .relaxed)
        unsafe base.pointee.store(delay, ordering: .relaxed)
        let jitter = unsafe (base + 1).pointee.load(ordering: .relaxed)
        let change = delay > last ? delay &- last : last &- delay
        unsafe (base + 1).pointee.store(jitter &+ change &- (jitter &+ 8) >> 4, ordering: .relaxed)

        let bin = unsafe base + (3 + Int(second) % Self.bins * Self.memberBinCells)
        let kept = unsafe bin.pointee.load(ordering: .relaxed)
        if kept != second {
            // A copy from before what the bin holds now is too late to count.
            guard Int32(bitPattern: second &- kept) > 0 else { return }
            for cell in 1..<Self.memberBinCells { unsafe (bin + cell).pointee.store(0, ordering: .relaxed) }
            unsafe bin.pointee.store(second, ordering: .releasing)
        }
        unsafe Self.add(1, to: bin + 1)
        if isFirst { unsafe Self.add(1, to: bin + 2) }
        unsafe Self.add(1, to: bin + (3 + Self.bucket(microseconds: delay)))
    }

    @_noLocks
    private static func add(_ amount: UInt32, to cell: UnsafeMutablePointer<Atomic<UInt32>>) {
        unsafe cell.pointee.store(cell.pointee.load(ordering: .relaxed) &+ amount, ordering: .relaxed)
    }
}
