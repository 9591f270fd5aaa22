// SPDX-License-Identifier: GPL-2.0-or-later

import DataPlane
import Quality
import Testing

@Suite struct DelayClassTests {
    @Test("The data plane sorts delays into the classes by which quality reads them")
    func same() {
        #expect(DuplicateStatistics.buckets == DelayBuckets.count)
        for delay in (0..<100_000).map(UInt32.init) + stride(from: 100_000, to: 4_000_000_000, by: 99_991) {
            #expect(DuplicateStatistics.bucket(microseconds: delay) == DelayBuckets.index(ofMicroseconds: UInt64(delay)))
        }
    }
}
