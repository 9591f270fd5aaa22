// SPDX-License-Identifier: GPL-2.0-or-later

internal import CShims.Uring

/// Which receive buffers the kernel may fill: few while few are enough, for few stay in the processor's cache.
///
///     reserve ──starved──► kernel's ring ──datagram──► held by the batch ──sent──► kernel's ring
///        ▲                                                     │
///        └──────────── more than the cache holds ──────────────┘
///
/// The kernel fills its ring's buffers in turn. With all of them in it every datagram would land in the memory that
/// has been idle longest, which the processor has to fetch from afar. So 32 circulate when datagrams come singly, and
/// eight when each brings 64 of them.
@safe
struct BufferCirculation: ~Copyable {
    /// Buffers that arrivals view, and the bytes the kernel put into them.
    struct Held: BitwiseCopyable {
        var count = 0
        var bytes = 0

        @_noLocks
        init(count: Int = 0, bytes: Int = 0) {
            self.count = count
            self.bytes = bytes
        }

        /// Bytes that `buffers` would hold, filled like these.
        @_noLocks
        func bytes(in buffers: Int) -> Int { count == 0 ? 0 : bytes * buffers / count }
    }

    /// Held by the batch, oldest first.
    private let heldBuffers: UnsafeMutablePointer<UInt16>
    private(set) var held = Held()
    private let reserve: UnsafeMutablePointer<UInt16>
    private var reserveCount = Limits.ringBuffers
    /// A receive ended for want of a buffer.
    var isStarved = false

    init() {
        unsafe heldBuffers = .allocate(capacity: Limits.ringBuffers)
        unsafe reserve = .allocate(capacity: Limits.ringBuffers)
        for index in 0..<Limits.ringBuffers { unsafe (reserve + index).initialize(to: UInt16(index)) }
    }

    deinit {
        unsafe heldBuffers.deallocate()
        unsafe reserve.deallocate()
    }

    /// Buffers in the kernel's ring or held.
    var circulating: Int { @_noLocks get { Limits.ringBuffers - reserveCount } }

    /// The batch holds most of what circulates.
    var isScarce: Bool { @_noLocks get { held.count > circulating / 2 } }

    /// Notes that the kernel has filled a buffer.
    @_noLocks
    mutating func hold(_ buffer: UInt16, bytes: Int) {
        unsafe heldBuffers[held.count] = buffer
        held.count += 1
        held.bytes += bytes
    }

    /// Gives what was held first, all that `past` counts, back to the kernel, and lets as many circulate as suits it.
    @_noLocks
    mutating func giveBack(_ past: Held, _ ring: OpaquePointer) {
        let change = Self.change(past, circulating: circulating, isStarved: isStarved)
        let returned = past.count + min(change, 0)
        for index in 0..<returned { unsafe engarde_uring_return_buffer(ring, heldBuffers[index]) }
        for index in returned..<past.count {
            unsafe reserve[reserveCount] = heldBuffers[index]
            reserveCount += 1
        }
        held.count -= past.count
        held.bytes -= past.bytes
        for index in 0..<held.count { unsafe heldBuffers[index] = heldBuffers[index + past.count] }
        isStarved = false
        unsafe grow(by: max(0, change), ring)
        unsafe engarde_uring_publish_buffers(ring)
    }

    /// Lets buffers of the reserve circulate.
    @_noLocks
    mutating func grow(by count: Int, _ ring: OpaquePointer) {
        for _ in 0..<count {
            reserveCount -= 1
            unsafe engarde_uring_return_buffer(ring, reserve[reserveCount])
        }
    }

    /// How many buffers more (or fewer, at most those that come back) should circulate.
    @_noLocks
    static func change(_ past: Held, circulating: Int, isStarved: Bool) -> Int {
        let portion = Limits.ringBufferPortion
        if past.bytes(in: circulating) > Limits.circulatingBytes {
            return -min(portion, min(past.count, circulating - portion))
        }
        guard isStarved, past.bytes(in: circulating + portion) <= Limits.circulatingBytes else { return 0 }
        return min(portion, Limits.ringBuffers - circulating)
    }
}
