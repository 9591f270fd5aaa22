// SPDX-License-Identifier: GPL-2.0-or-later

/// The last 1,440 minutes that had traffic. Grows as they come; then the oldest gives way.
struct MinuteRecords {
    static let countMax = 24 * 60

    private var storage: [MinuteRecord] = []
    /// Where the oldest is once all places are taken.
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

    /// Places there is memory for.
    var capacity: Int { storage.capacity }

    /// Oldest first.
    var all: [MinuteRecord] { Array(storage[oldest...] + storage[..<oldest]) }
}
