// SPDX-License-Identifier: GPL-2.0-or-later

import Testing

@testable import Quality

@Suite struct DelayBucketsTests {
    @Test(arguments: [
        (0, 0), (1, 1), (7, 7), (8, 8), (15, 15), (16, 16), (17, 16), (18, 17), (31, 23), (32, 24), (1_000, 63),
        (20_000, 97), (1_966_079, 150), (1_966_080, 151), (2_097_151, 151), (2_097_152, 151), (.max, 151),
    ] as [(UInt64, Int)])
    func delays(_ delay: UInt64, _ index: Int) {
        #expect(DelayBuckets.index(ofMicroseconds: delay) == index)
    }

    @Test func bucketsMeetWithoutGap() {
        #expect(DelayBuckets.lowerBound(0) == 0)
        for index in 0..<DelayBuckets.count {
            let (low, high) = (DelayBuckets.lowerBound(index), DelayBuckets.upperBound(index))
            #expect(DelayBuckets.index(ofMicroseconds: low) == index)
            #expect(DelayBuckets.index(ofMicroseconds: high) == index)
            #expect((high - low) * 8 <= low)
            if index > 0 { #expect(DelayBuckets.upperBound(index - 1) + 1 == low) }
        }
        #expect(DelayBuckets.upperBound(DelayBuckets.count - 1) == 1 << 21 - 1)
    }

    /// The contract in the words in which the data plane has it.
    @Test func asTheDataPlaneCounts() {
        for delay: UInt64 in (0..<5_000).map({ $0 * 431 }) {
            let exponent = UInt64(delay < 8 ? 0 : 63 - delay.leadingZeroBitCount)
            let expected = delay < 8 ? delay : min(151, (exponent - 2) * 8 + ((delay >> (exponent - 3)) & 7))
            #expect(DelayBuckets.index(ofMicroseconds: delay) == Int(expected))
        }
    }
}
