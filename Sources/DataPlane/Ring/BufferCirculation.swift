// SPDX-License-Identifier: GPL-2.0-or-later

internal import CShims.Uring

/// Which receive buffers the kernel may fill: few while few are enough, for few stay in the processor's cache.
///
///     reserve ──starved──► kernel's ring ──datagram──► held by the batch ──sent──► kernel's ring
///        ▲                                                     │
///        └───────────────── long unneeded ─────────────────────┘
///
/// The kernel fills its ring's buffers in turn. With all of them in it every datagram would land in the memory that
/// has been idle longest, which the processor has to fetch from afar.
@safe
struct BufferCirculation: ~Copyable {
    /// Buffers that circulate at least, and by how many the circulation grows.
    static var portion: Int { @_noLocks get { 16 } }
    /// Turns in a row that needed less than a quarter of the buffers before a portion rests.
    static var quietTurnsMax: Int { @_noLocks get { 4096 } }

    /// Buffers that arrivals of this batch view, oldest first.
    private let held: UnsafeMutablePointer<UInt16>
    private(set) var heldCount = 0
    private let reserve: UnsafeMutablePointer<UInt16>
    private var reserveCount = Limits.ringBuffers
    private var quietTurns = 0
    /// A receive ended for want of a buffer.
    var isStarved = false

    init() {
        unsafe held = .allocate(capacity: Limits.ringBuffers)
        unsafe reserve = .allocate(capacity: Limits.ringBuffers)
        for index in 0..<Limits.ringBuffers { unsafe (reserve + index).initialize(to: UInt16(index)) }
    }

    deinit {
        unsafe held.deallocate()
        unsafe reserve.deallocate()
    }

    /// Buffers in the kernel's ring or held.
    var circulating: Int { @_noLocks get { Limits.ringBuffers - reserveCount } }

    /// The batch holds most of what circulates.
    var isScarce: Bool { @_noLocks get { heldCount > circulating / 2 } }

    /// Notes that the kernel has filled a buffer.
    @_noLocks
    mutating func hold(_ buffer: UInt16) {
        unsafe held[heldCount] = buffer
        heldCount += 1
    }

    /// Gives the first `count` held buffers back to the kernel, and more from the reserve when it ran out.
    @_noLocks
    mutating func giveBack(_ count: Int, _ ring: OpaquePointer) {
        let resting = buffersToRest(count)
        for index in 0..<count - resting { unsafe engarde_uring_return_buffer(ring, held[index]) }
        for index in count - resting..<count {
            unsafe reserve[reserveCount] = held[index]
            reserveCount += 1
        }
        heldCount -= count
        for index in 0..<heldCount { unsafe held[index] = held[index + count] }
        if isStarved { unsafe grow(ring) }
        unsafe engarde_uring_publish_buffers(ring)
    }

    /// Lets a portion from the reserve circulate.
    @_noLocks
    mutating func grow(_ ring: OpaquePointer) {
        isStarved = false
        for _ in 0..<min(Self.portion, reserveCount) {
            reserveCount -= 1
            unsafe engarde_uring_return_buffer(ring, reserve[reserveCount])
        }
    }

    /// How many of `count` buffers that come back should rest.
    @_noLocks
    private mutating func buffersToRest(_ count: Int) -> Int {
        guard circulating > Self.portion, count < circulating / 4, !isStarved else {
            quietTurns = 0
            return 0
        }
        quietTurns += 1
        guard quietTurns >= Self.quietTurnsMax else { return 0 }
        // The next turns let the rest of the portion follow.
        return min(count, circulating - Self.portion)
    }
}
