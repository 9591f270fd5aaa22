// SPDX-License-Identifier: GPL-2.0-or-later

import Quality
import Support
import Testing

@Suite struct DelayHistogramTests {
    @Test(arguments: [
        ("none", [], 0.5, nil),
        ("first copies only", [0, 0, 0], 0.99, 0),
        ("one", [12], 0.5, 0.012),
        ("two, the median belongs to the lower", [3, 9], 0.5, 0.003),
        ("the least", [3, 9], 0, 0.003),
        ("the most", [3, 9], 1, 0.009),
        ("half are first", [0, 0, 14, 14], 0.5, 0),
        ("inside a bucket of 16,384...18,431", [17_000, 17_000], 0.5, 17.4075),
        ("beyond the last bucket", [60_000_000], 1, 2_097.151),
    ] as [(String, [UInt64], Double, Double?)])
    func quantiles(_ name: String, _ delays: [UInt64], _ share: Double, _ milliseconds: Double?) {
        var histogram = DelayHistogram()
        for delay in delays { histogram.add(microseconds: delay) }
        #expect(histogram.quantile(share) == milliseconds, "\(name)")
    }

    @Test(arguments: 1...20 as ClosedRange<UInt64>)
    func quantilesAreNearTheSorted(_ seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let range = UInt64(1) << UInt64.random(in: 1...20, using: &random)
        let delays = (0..<1_000).map { _ in UInt64.random(in: 0...range, using: &random) }
        var histogram = DelayHistogram()
        for delay in delays { histogram.add(microseconds: delay) }
        for share in [0.01, 0.5, 0.9, 0.99, 1] {
            let exact = Double(delays.sorted()[Int(share * 1_000) - 1]) / 1000
            let measured = try #require(histogram.quantile(share))
            #expect(abs(measured - exact) <= exact / 8, "seed \(seed), \(share): \(measured) for \(exact)")
        }
    }

    @Test(arguments: 1...20 as ClosedRange<UInt64>)
    func whatIsMergedCanBeTakenOut(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var parts = [DelayHistogram(), DelayHistogram()]
        var whole = DelayHistogram()
        for _ in 0..<Int.random(in: 0...300, using: &random) {
            let delay = UInt64.random(in: 0...3_000_000, using: &random)
            parts[Int.random(in: 0...1, using: &random)].add(microseconds: delay)
            whole.add(microseconds: delay)
        }
        var merged = parts[0]
        merged.merge(parts[1])
        #expect(merged == whole)
        #expect(DelayHistogram(counts: merged.counts) == whole)
        merged.subtract(parts[0])
        #expect(merged == parts[1])
    }

    @Test func fullAndEmptyBucketsStaySo() {
        var counts = [UInt32](repeating: 0, count: DelayBuckets.count)
        counts[5] = .max - 1
        var full = DelayHistogram(counts: counts)
        full.merge(full)
        #expect(full.counts[5] == .max && full.total == UInt64(UInt32.max))
        full.add(microseconds: 5)
        #expect(full.total == UInt64(UInt32.max))
        var small = DelayHistogram()
        small.add(microseconds: 5)
        small.subtract(full)
        #expect(small == DelayHistogram())
    }
}
