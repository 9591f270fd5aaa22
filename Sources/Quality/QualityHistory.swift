// SPDX-License-Identifier: GPL-2.0-or-later

public import Status

/// The quality of one link or path over the last second, ten seconds, minute, quarter of an hour and day.
///
/// Longer windows have coarser blocks: 10 of a second, 6 of ten seconds, 15 of a minute. The last block is incomplete,
/// so a minute covers 51 to 60 seconds, and a quarter of an hour 14 minutes and a second to 15 minutes; rates are
/// divided by the time covered. The day has a record for each minute with traffic.
///
/// Uses at most 84,000 bytes: 26,000 for the blocks, each of which has a histogram and exists only while it is not
/// empty, and 40 for each minute with traffic, up to 1,440. Without traffic it uses none.
public struct QualityHistory: Sendable {
    /// The maximum size of a history on the heap, in bytes.
    static let bytesMax = 84_000

    private var seconds = BlockWindow(blockSeconds: 1, blockCount: 10)
    private var tens = BlockWindow(blockSeconds: 10, blockCount: 6)
    private var minutes = BlockWindow(blockSeconds: 60, blockCount: 15)
    private var records = MinuteRecords()
    private var since: Int64
    private var newest: Int64

    /// Creates an empty history.
    ///
    /// - Parameter second: the second of the monotonic clock in which the link or path began. Rates are divided by its
    ///   age at most.
    public init(since second: Int64) {
        since = second
        newest = second
    }

    /// Adds the figures of a second. Seconds may be left out, and added to several times. A sample older than the
    /// newest second is added to the newest.
    public mutating func add(_ sample: SecondSample) {
        var sample = sample
        sample.second = max(sample.second, newest)
        newest = sample.second
        // Scoped: a copy held while the block grows would cost a new histogram each second.
        if let minute = finishedMinute(at: sample.second - 1) { records.append(MinuteRecord(minute)) }
        seconds.add(sample)
        tens.add(sample)
        minutes.add(sample)
    }

    /// Returns the windows that end with `second` (monotonic). Seconds without a sample count as zeros.
    public func windows(at second: Int64) -> QualityWindows {
        let second = max(second, newest)
        var windows = QualityWindows()
        windows.lastSecond = quality(seconds, 1, at: second, windowSeconds: 1)
        windows.last10Seconds = quality(seconds, 10, at: second, windowSeconds: 10)
        windows.lastMinute = quality(tens, 6, at: second, windowSeconds: 60)
        windows.last15Minutes = quality(minutes, 15, at: second, windowSeconds: 900)
        return windows
    }

    /// Returns the finished minutes with traffic of the last 24 hours, oldest first.
    ///
    /// - Parameters:
    ///   - second: the last finished second, monotonic.
    ///   - unixOffset: the difference between seconds since 1970 and monotonic seconds.
    public func minutes(at second: Int64, unixOffset: Int64) -> [QualityMinute] {
        let second = max(second, newest)
        let oldest = second / 60 - Int64(MinuteRecords.countMax)
        let finished = finishedMinute(at: second).map { [MinuteRecord($0)] } ?? []
        return (records.all + finished).filter { Int64($0.number) >= oldest }.suffix(MinuteRecords.countMax)
            .map { $0.minute(unixOffset: unixOffset) }
    }

    /// The current size on the heap in bytes; shared histograms are counted for each block.
    var bytes: Int {
        let blocks = [seconds, tens, minutes].map(\.blocks)
        let histogram = 32 + DelayBuckets.count * MemoryLayout<UInt32>.stride
        return blocks.reduce(0) { $0 + $1.capacity * MemoryLayout<BlockWindow.Block>.stride + $1.count * histogram }
            + records.capacity * MemoryLayout<MinuteRecord>.stride
    }

    private func quality(_ window: BlockWindow, _ count: Int, at second: Int64, windowSeconds: Int) -> Quality {
        let (tally, from) = window.sum(ofLast: count, at: second)
        return tally.quality(windowSeconds: windowSeconds, coveredSeconds: second - max(from, since) + 1)
    }

    /// Returns the latest minute if it had traffic and ends with `second` or earlier.
    private func finishedMinute(at second: Int64) -> BlockWindow.Block? {
        guard let block = minutes.blocks.last, (second + 1) / 60 > block.number else { return nil }
        return block.tally.hasTraffic ? block : nil
    }
}
