// SPDX-License-Identifier: GPL-2.0-or-later

/// A ring buffer of the last 1,440 minutes with traffic, which grows as needed.
struct MinuteRecords {
    static let countMax = 24 * 60

    private var storage: [MinuteRecord] = []
    /// The index of the oldest record once the buffer is full.
    private var oldest = 0

    mutating func append(_ record: MinuteRecord) {
        if storage.count == Self.countMax {
            storage[oldest] = record
            oldest = (oldest + 1) % Self.countMax
            return
        }
        // Arrays double, which the last time would be more than is ever needed.
        if storage.count == storage.capacity, storage.count * 2 > Self.countMax {
            storage.reserveCapacity(Self.countMax)
        }
        storage.append(record)
    }

    /// The number of records for which memory is allocated.
    var capacity: Int { storage.capacity }

    /// All records, oldest first.
    var all: [MinuteRecord] { Array(storage[oldest...] + storage[..<oldest]) }
}
