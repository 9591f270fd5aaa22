// SPDX-License-Identifier: GPL-2.0-or-later

/// The buckets of delay histograms: each power of two of microseconds is divided into eight equal parts, so that a
/// bucket is at most an eighth of its lower bound wide. The data plane uses the same buckets.
///
///     0 1 2 … 15 | 16–17 18–19 … 30–31 | 32–35 … | … | 1,966,080 and more
public enum DelayBuckets {
    /// The number of buckets. Delays of 2^21 µs (2.1 s) and more share the last bucket with those just below.
    public static let count = 152

    /// Returns the bucket of a delay in microseconds.
    public static func index(ofMicroseconds delay: UInt64) -> Int {
        guard delay >= 8 else { return Int(delay) }
        let exponent = 63 - delay.leadingZeroBitCount
        return min((exponent - 2) * 8 + Int((delay >> (exponent - 3)) & 7), count - 1)
    }

    /// Returns the smallest delay in a bucket, in microseconds.
    public static func lowerBound(_ index: Int) -> UInt64 {
        index < 8 ? UInt64(index) : (8 + UInt64(index & 7)) << UInt64(index / 8 - 1)
    }

    /// Returns the largest delay in a bucket, in microseconds. The last bucket counts as if another one followed.
    public static func upperBound(_ index: Int) -> UInt64 { lowerBound(index + 1) - 1 }
}
