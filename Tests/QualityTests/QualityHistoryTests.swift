// SPDX-License-Identifier: GPL-2.0-or-later

import Status
import Support
import Testing

@testable import Quality

@Suite struct QualityHistoryTests {
    private static let delays: DelayHistogram = {
        var delays = DelayHistogram()
        for index in 0..<90 { delays.add(microseconds: index < 30 ? 0 : 20_000) }
        return delays
    }()

    /// 100 expected, 90 received, 30 first, 20 ms behind but for the first; 100 datagrams in and 50 out.
    private func busy(_ second: Int64) -> SecondSample {
        var sample = SecondSample(second: second)
        sample.expected = 100
        sample.received = 90
        sample.first = 30
        sample.delays = Self.delays
        sample.jitterMicroseconds = 500
        sample.receivedDatagrams = 100
        sample.receivedBytes = 100_000
        sample.sentDatagrams = 50
        sample.sentBytes = 10_000
        return sample
    }

    @Test func nothingYet() {
        #expect(QualityHistory(since: 5).windows(at: 5) == QualityWindows())
        #expect(QualityHistory(since: 5).windows(at: 500_000) == QualityWindows())
        #expect(QualityHistory(since: 5).minutes(at: 100_000, unixOffset: 0).isEmpty)
    }

    @Test func oneSecond() {
        var history = QualityHistory(since: 1_000)
        history.add(busy(1_000))
        let windows = history.windows(at: 1_000)
        for (quality, seconds) in [
            (windows.lastSecond, 1), (windows.last10Seconds, 10), (windows.lastMinute, 60),
            (windows.last15Minutes, 900),
        ] {
            #expect(quality.windowSeconds == seconds)
            #expect(quality.expectedDatagrams == 100 && quality.receivedDatagrams == 90 && quality.firstDatagrams == 30)
            #expect(quality.lossPercent == 10 && quality.winPercent == 30)
            #expect(abs((quality.delayP50Milliseconds ?? 0) - 20) < 2.5)
            #expect(quality.jitterMilliseconds == 0.5)
            // It is one second old.
            #expect(quality.receivedDatagramsPerSecond == 100 && quality.receivedBitsPerSecond == 800_000)
            #expect(quality.sentDatagramsPerSecond == 50 && quality.sentBitsPerSecond == 80_000)
        }
    }

    @Test func secondsThatAreMissingAreZeros() {
        var history = QualityHistory(since: 0)
        history.add(busy(1_000))
        history.add(busy(1_004))
        let windows = history.windows(at: 1_005)
        #expect(windows.lastSecond == Quality(windowSeconds: 1))
        #expect(windows.last10Seconds.expectedDatagrams == 200)
        #expect(windows.last10Seconds.receivedDatagramsPerSecond == 20)
        #expect(history.windows(at: 1_009).last10Seconds.expectedDatagrams == 200)
        #expect(history.windows(at: 1_010).last10Seconds.expectedDatagrams == 100)
        #expect(history.windows(at: 1_014).last10Seconds == Quality(windowSeconds: 10))
        #expect(history.windows(at: 1_049).lastMinute.expectedDatagrams == 200)
        #expect(history.windows(at: 1_060).lastMinute == Quality(windowSeconds: 60))
        #expect(history.windows(at: 3_000) == QualityWindows())
    }

    @Test func trafficWithoutExpectation() {
        var history = QualityHistory(since: 100)
        var sample = SecondSample(second: 100)
        sample.sentDatagrams = 8
        sample.jitterMicroseconds = 7
        history.add(sample)
        let quality = history.windows(at: 103).last10Seconds
        #expect(quality.sentDatagramsPerSecond == 2)
        #expect(quality.lossPercent == nil && quality.winPercent == nil)
        #expect(quality.delayP50Milliseconds == nil && quality.jitterMilliseconds == nil)
    }

    @Test func sameAndOlderSecondsAddUp() {
        var history = QualityHistory(since: 100)
        history.add(busy(100))
        history.add(busy(100))
        history.add(busy(99))
        #expect(history.windows(at: 100).lastSecond.expectedDatagrams == 300)
        #expect(history.windows(at: 3).lastSecond.expectedDatagrams == 300)
    }

    @Test func minutesThatHadTrafficAndAreOver() {
        var history = QualityHistory(since: 0)
        for second: Int64 in [60, 119, 180, 200, 250] { history.add(busy(second)) }
        history.add(SecondSample(second: 300))
        let minutes = history.minutes(at: 300, unixOffset: 1_000_000)
        #expect(minutes.map(\.startUnixSeconds) == [1_000_060, 1_000_180, 1_000_240])
        #expect(minutes.map(\.expectedDatagrams) == [200, 200, 100])
        #expect(minutes.map(\.receivedBytes) == [200_000, 200_000, 100_000])
        #expect(minutes.map(\.sentBytes) == [20_000, 20_000, 10_000])
        #expect(minutes.allSatisfy { abs(($0.delayP99Milliseconds ?? 0) - 20) < 2.5 })
    }

    @Test func theRunningMinuteIsLeftOut() {
        var history = QualityHistory(since: 0)
        history.add(busy(65))
        #expect(history.minutes(at: 118, unixOffset: 0).isEmpty)
        #expect(history.minutes(at: 119, unixOffset: 0).count == 1)
        #expect(history.minutes(at: 60 + 1_440 * 60, unixOffset: 0).count == 1)
        #expect(history.minutes(at: 120 + 1_440 * 60, unixOffset: 0).isEmpty)
    }

    @Test func aMinuteWithoutDelayHasNone() {
        var history = QualityHistory(since: 0)
        var sample = SecondSample(second: 0)
        sample.sentDatagrams = 1
        history.add(sample)
        #expect(history.minutes(at: 59, unixOffset: 0).map(\.delayP50Milliseconds) == [nil])
    }

    @Test func memoryIsBoundedAndTheOldestGoes() {
        #expect(MemoryLayout<MinuteRecord>.stride == 40)
        var history = QualityHistory(since: 0)
        #expect(history.bytes == 0)
        let last: Int64 = 26 * 3_600
        for second: Int64 in 0...last where second % 7 < 2 || second > last - 1_000 {
            history.add(busy(second))
            if second % 600 == 0 { #expect(history.bytes <= QualityHistory.bytesMax) }
        }
        #expect(history.bytes <= QualityHistory.bytesMax)
        #expect(history.bytes > QualityHistory.bytesMax * 9 / 10)
        let minutes = history.minutes(at: last, unixOffset: 0)
        #expect(minutes.count == 1_440)
        #expect(minutes.first?.startUnixSeconds == 2 * 3_600 && minutes.last?.startUnixSeconds == last - 60)
    }

    /// Against a list of everything that was ever added.
    @Test(arguments: 1...30 as ClosedRange<UInt64>)
    func asTheListSays(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let since = Int64.random(in: 0...5_000, using: &random)
        var history = QualityHistory(since: since)
        var all: [SecondSample] = []
        var second = since
        for _ in 0..<1_000 {
            if random.happens(300) { second += Int64.random(in: 0...(random.happens(20) ? 1_200 : 30), using: &random) }
            var sample = SecondSample(second: second)
            sample.expected = Int.random(in: 0...50, using: &random)
            sample.received = Int.random(in: 0...sample.expected, using: &random)
            sample.sentBytes = Int.random(in: 0...1_000, using: &random)
            for _ in 0..<sample.received { sample.delays.add(microseconds: .random(in: 0...50_000, using: &random)) }
            history.add(sample)
            all.append(sample)
            guard random.happens(50) else { continue }
            let now = second + Int64.random(in: 0...20, using: &random)
            let windows = history.windows(at: now)
            for (quality, block) in [
                (windows.lastSecond, 1), (windows.last10Seconds, 1), (windows.lastMinute, 10),
                (windows.last15Minutes, 60),
            ] as [(Quality, Int64)] {
                let length = Int64(quality.windowSeconds)
                // A block that has begun is covered as far as it goes.
                let from = now / block * block - (length - block)
                let inside = all.filter { $0.second >= from }
                #expect(quality.expectedDatagrams == inside.map(\.expected).reduce(0, +), "seed \(seed), second \(now)")
                #expect(quality.receivedDatagrams == inside.map(\.received).reduce(0, +))
                let covered = now - max(from, since) + 1
                #expect(covered <= length && (covered > length - block || from < since))
                let bytes = inside.map(\.sentBytes).reduce(0, +)
                #expect(quality.sentBitsPerSecond == 8 * Double(bytes) / Double(covered))
                var delays = DelayHistogram()
                for sample in inside { delays.merge(sample.delays) }
                #expect(quality.delayP99Milliseconds == delays.quantile(0.99))
            }
            let minutes = history.minutes(at: now, unixOffset: 0)
            let finished = all.filter { $0.second / 60 < (now + 1) / 60 && $0.second / 60 >= now / 60 - 1_440 }
            #expect(minutes.map(\.expectedDatagrams).reduce(0, +) == finished.map(\.expected).reduce(0, +))
            #expect(minutes.map(\.sentBytes).reduce(0, +) == finished.map(\.sentBytes).reduce(0, +))
        }
    }
}
