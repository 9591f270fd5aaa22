// SPDX-License-Identifier: GPL-2.0-or-later

/// How many copies came how much later than the first one, by ``DelayBuckets``.
///
/// Costs 650 bytes, and nothing while empty.
public struct DelayHistogram: Hashable, Sendable {
    /// Shared by all empty ones, so that a link without traffic costs no buckets.
    private static let zeros = [UInt32](repeating: 0, count: DelayBuckets.count)

    /// Copies by bucket, always ``DelayBuckets/count`` of them. A full bucket stays full.
    public private(set) var counts: [UInt32]
    /// The sum of `counts`.
    public private(set) var total: UInt64

    public init() {
        counts = Self.zeros
        total = 0
    }

    /// - Parameter counts: by bucket; ``DelayBuckets/count`` of them.
    public init(counts: [UInt32]) {
        precondition(counts.count == DelayBuckets.count)
        self.counts = counts
        total = counts.reduce(0) { $0 + UInt64($1) }
    }

    public var isEmpty: Bool { total == 0 }

    /// Counts one copy that came `delay` microseconds after the first.
    public mutating func add(microseconds delay: UInt64) {
        let index = DelayBuckets.index(ofMicroseconds: delay)
        guard counts[index] < .max else { return }
        counts[index] += 1
        total += 1
    }

    public mutating func merge(_ other: DelayHistogram) {
        if other.isEmpty { return }
        if isEmpty {
            self = other
            return
        }
        for index in 0..<DelayBuckets.count {
            let grown = counts[index] + min(other.counts[index], .max - counts[index])
            total += UInt64(grown - counts[index])
            counts[index] = grown
        }
    }

    /// Takes out what an earlier state of this histogram held. A bucket that held more becomes empty.
    public mutating func subtract(_ other: DelayHistogram) {
        if other.isEmpty { return }
        for index in 0..<DelayBuckets.count {
            let taken = min(other.counts[index], counts[index])
            total -= UInt64(taken)
            counts[index] -= taken
        }
    }

    /// The delay in milliseconds that a `share` (0...1) of the copies do not exceed, linear within a bucket; nil
    /// when nothing was counted. Off by less than an eighth, but for delays of more than two seconds.
    public func quantile(_ share: Double) -> Double? {
        if isEmpty { return nil }
        let rank = min(max(share, 0), 1) * Double(total)
        var below = 0.0
        var last = 0
        for (index, count) in counts.enumerated() where count > 0 {
            if below + Double(count) >= rank {
                let low = Double(DelayBuckets.lowerBound(index))
                let high = Double(DelayBuckets.upperBound(index))
                return (low + (high - low) * (rank - below) / Double(count)) / 1000
            }
            below += Double(count)
            last = index
        }
        return Double(DelayBuckets.upperBound(last)) / 1000
    }
}
