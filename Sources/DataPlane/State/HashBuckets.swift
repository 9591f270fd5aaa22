// SPDX-License-Identifier: GPL-2.0-or-later

/// Where a table's values lie by the hashes of their keys: open addressing with linear probing. Removal shifts
/// followers back, so there are no tombstones to grow old. The table compares the keys:
///
///     var bucket = buckets.first(hash)
///     while buckets.value(at: bucket) >= 0 { …compare…; bucket = buckets.next(bucket) }
@safe
struct HashBuckets: ~Copyable {
    private struct Bucket: BitwiseCopyable {
        var hash: UInt32
        /// -1 when free.
        var value: Int32

        @_noLocks
        init(hash: UInt32, value: Int32) {
            self.hash = hash
            self.value = value
        }
    }

    private let buckets: UnsafeMutablePointer<Bucket>
    private let mask: Int

    /// - Parameter capacity: values at most; half of the buckets stay free.
    init(capacity: Int) {
        var count = 16
        while count < capacity * 2 { count *= 2 }
        mask = count - 1
        unsafe buckets = .allocate(capacity: count)
        unsafe buckets.initialize(repeating: Bucket(hash: 0, value: -1), count: count)
    }

    deinit { unsafe buckets.deallocate() }

    /// Where a search for a hash begins.
    @_noLocks
    func first(_ hash: UInt32) -> Int { Int(hash) & mask }

    /// Where it goes on.
    @_noLocks
    func next(_ bucket: Int) -> Int { (bucket + 1) & mask }

    /// The value there, or -1: the search is over.
    @_noLocks
    func value(at bucket: Int) -> Int32 { unsafe buckets[bucket].value }

    /// Puts in a value that is not there yet; at most as many as the capacity says.
    @_noLocks
    mutating func insert(_ hash: UInt32, _ value: Int32) {
        var bucket = first(hash)
        while unsafe buckets[bucket].value >= 0 { bucket = next(bucket) }
        unsafe buckets[bucket].hash = hash
        unsafe buckets[bucket].value = value
    }

    /// Takes out a value that is there.
    @_noLocks
    mutating func remove(_ hash: UInt32, _ value: Int32) {
        var hole = first(hash)
        while unsafe buckets[hole].value != value { hole = next(hole) }
        var bucket = next(hole)
        while unsafe buckets[bucket].value >= 0 {
            let wanted = unsafe first(buckets[bucket].hash)
            // It may move back into the hole unless its home lies behind the hole.
            if (bucket &- wanted) & mask >= (bucket &- hole) & mask {
                unsafe buckets[hole] = unsafe buckets[bucket]
                hole = bucket
            }
            bucket = next(bucket)
        }
        unsafe buckets[hole].value = -1
    }
}
