// SPDX-License-Identifier: GPL-2.0-or-later

/// A histogram of the delays of copies behind the first copy, in ``DelayBuckets``.
///
/// Uses 650 bytes, and none while empty.
public struct DelayHistogram: Hashable, Sendable {
    /// The buckets shared by all empty histograms, so that links without traffic allocate none.
    private static let zeros = [UInt32](repeating: 0, count: DelayBuckets.count)

    /// The number of copies in each of the ``DelayBuckets/count`` buckets. Counts saturate.
    public private(set) var counts: [UInt32]
    /// The sum of `counts`.
    public private(set) var total: UInt64

    public init() {
        counts = Self.zeros
        total = 0
    }

    /// Creates a histogram of given counts.
    ///
    /// - Parameter counts: the counts of all ``DelayBuckets/count`` buckets.
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

    /// Subtracts an earlier state of this histogram. A bucket with a larger count becomes empty.
    public mutating func subtract(_ other: DelayHistogram) {
        if other.isEmpty { return }
        for index in 0..<DelayBuckets.count {
            let taken = min(other.counts[index], counts[index])
            total -= UInt64(taken)
            counts[index] -= taken
        }
    }

    /// Returns a quantile of the delays in milliseconds, interpolated within a bucket; nil when the histogram is empty.
    ///
    /// The error is below an eighth for delays of up to two seconds.
    ///
    /// - Parameter share: the share of copies that do not exceed the delay, 0...1.
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
