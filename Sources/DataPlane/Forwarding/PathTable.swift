// SPDX-License-Identifier: GPL-2.0-or-later

internal import CShims.Socket
internal import Sockets

/// The live paths, found by address and walked in a row. Bounded: a full table takes nobody in.
///
/// Open addressing with linear probing; removal shifts followers back, so there are no tombstones to grow old.
@safe
struct PathTable: ~Copyable {
    let capacity: Int
    private(set) var count = 0
    private let paths: UnsafeMutablePointer<Path>
    /// Indices of the live paths, then of the free ones.
    private let order: UnsafeMutablePointer<Int32>
    /// Path index, or -1.
    private let buckets: UnsafeMutablePointer<Int32>
    private let bucketMask: Int

    init(capacity: Int) {
        self.capacity = capacity
        var bucketCount = 16
        while bucketCount < capacity * 2 { bucketCount *= 2 }
        bucketMask = bucketCount - 1
        unsafe paths = .allocate(capacity: capacity)
        unsafe order = .allocate(capacity: capacity)
        unsafe buckets = .allocate(capacity: bucketCount)
        unsafe buckets.initialize(repeating: -1, count: bucketCount)
        for index in 0..<capacity { unsafe (order + index).initialize(to: Int32(index)) }
    }

    deinit {
        unsafe paths.deallocate()
        unsafe order.deallocate()
        unsafe buckets.deallocate()
    }

    /// The index of live path number `position`, 0..<``count``.
    @_noLocks
    func live(_ position: Int) -> Int32 { unsafe order[position] }

    @_noLocks
    func path(_ index: Int32) -> Path { unsafe paths[Int(index)] }

    /// Notes that a path was heard, and where it wrote to.
    @_noLocks
    mutating func touch(_ index: Int32, at now: Int64, local: engarde_packet_info) {
        unsafe paths[Int(index)].lastHeard = now
        unsafe paths[Int(index)].local = local
    }

    /// The index of the path with this address, or -1.
    @_noLocks
    func find(_ address: SocketAddress) -> Int32 {
        var bucket = home(address)
        while unsafe buckets[bucket] >= 0 {
            if unsafe paths[Int(buckets[bucket])].address == address { return unsafe buckets[bucket] }
            bucket = (bucket + 1) & bucketMask
        }
        return -1
    }

    /// Takes in an address that is not in the table. Returns its index, or -1 when the table is full.
    @_noLocks
    mutating func insert(_ address: SocketAddress, at now: Int64, local: engarde_packet_info) -> Int32 {
        guard count < capacity else { return -1 }
        let index = unsafe order[count]
        unsafe paths[Int(index)] = Path(
            address: address, local: local, lastHeard: now, position: Int32(truncatingIfNeeded: count))
        count += 1
        var bucket = home(address)
        while unsafe buckets[bucket] >= 0 { bucket = (bucket + 1) & bucketMask }
        unsafe buckets[bucket] = index
        return index
    }

    /// Takes a live path out. The last live path moves to its place in the row.
    @_noLocks
    mutating func remove(_ index: Int32) {
        removeFromBuckets(index)
        count -= 1
        let position = unsafe Int(paths[Int(index)].position)
        let last = unsafe order[count]
        unsafe order[position] = last
        unsafe paths[Int(last)].position = Int32(truncatingIfNeeded: position)
        unsafe order[count] = index
    }

    @_noLocks
    private func home(_ address: SocketAddress) -> Int {
        Int(truncatingIfNeeded: address.hash64) & bucketMask
    }

    @_noLocks
    private mutating func removeFromBuckets(_ index: Int32) {
        var hole = unsafe home(paths[Int(index)].address)
        while unsafe buckets[hole] != index { hole = (hole + 1) & bucketMask }
        var bucket = (hole + 1) & bucketMask
        while unsafe buckets[bucket] >= 0 {
            let wanted = unsafe home(paths[Int(buckets[bucket])].address)
            // It may move back into the hole unless its home lies behind the hole.
            if (bucket &- wanted) & bucketMask >= (bucket &- hole) & bucketMask {
                unsafe buckets[hole] = unsafe buckets[bucket]
                hole = bucket
            }
            bucket = (bucket + 1) & bucketMask
        }
        unsafe buckets[hole] = -1
    }
}
