// SPDX-License-Identifier: GPL-2.0-or-later

/// How delays are put into buckets: each power of two of microseconds in eight equal parts, so that a bucket is
/// at most an eighth of its lower bound wide. The data plane counts by the same rule.
///
///     0 1 2 … 15 | 16–17 18–19 … 30–31 | 32–35 … | … | 1,966,080 and more
public enum DelayBuckets {
    /// Delays from 2^21 µs on (2.1 s) share the last bucket with those just below.
    public static let count = 152

    /// The bucket of a delay in microseconds.
    public static func index(ofMicroseconds delay: UInt64) -> Int {
        guard delay >= 8 else { return Int(delay) }
        let exponent = 63 - delay.leadingZeroBitCount
        return min((exponent - 2) * 8 + Int((delay >> (exponent - 3)) & 7), count - 1)
    }

    /// The smallest delay in a bucket, microseconds.
    public static func lowerBound(_ index: Int) -> UInt64 {
        index < 8 ? UInt64(index) : (8 + UInt64(index & 7)) << UInt64(index / 8 - 1)
    }

    /// The largest delay in a bucket, microseconds; for the last one, the largest it would hold had it a next one.
    public static func upperBound(_ index: Int) -> UInt64 { lowerBound(index + 1) - 1 }
}
