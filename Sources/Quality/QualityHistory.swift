// SPDX-License-Identifier: GPL-2.0-or-later

public import Status

/// What one link or path was worth over the last second, ten seconds, minute, quarter of an hour and day.
///
/// The longer a window, the coarser its blocks: 10 of a second, 6 of ten seconds, 15 of a minute. The last block is
/// still filling up, so a minute is between 51 and 60 seconds, and a quarter of an hour between 14 minutes and a
/// second, and 15 minutes; rates are divided by what is covered. Of the day, each minute with traffic leaves a record.
///
/// Takes at most 84,000 bytes: 26,000 for the blocks, which hold a histogram each and exist only while there is
/// something in them, and 40 for each minute with traffic, 1,440 at most. Without traffic it takes none.
public struct QualityHistory: Sendable {
    /// What one history takes at most, bytes on the heap.
    static let bytesMax = 84_000

    private var seconds = BlockWindow(blockSeconds: 1, blockCount: 10)
    private var tens = BlockWindow(blockSeconds: 10, blockCount: 6)
    private var minutes = BlockWindow(blockSeconds: 60, blockCount: 15)
    private var records = MinuteRecords()
    private var since: Int64
    private var newest: Int64

    /// - Parameter second: of the monotonic clock, in which the link or path came into being. Rates are not divided
    ///   by more than its age.
    public init(since second: Int64) {
        since = second
        newest = second
    }

    /// Folds a second in. Seconds may be left out. One that was there already is added to; one older than the newest
    /// counts as of the newest.
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

    /// The windows that end with `second` (monotonic), which is the last one folded even if it brought no sample.
    /// Seconds without one count as zeros.
    public func windows(at second: Int64) -> QualityWindows {
        let second = max(second, newest)
        var windows = QualityWindows()
        windows.lastSecond = quality(seconds, 1, at: second, windowSeconds: 1)
        windows.last10Seconds = quality(seconds, 10, at: second, windowSeconds: 10)
        windows.lastMinute = quality(tens, 6, at: second, windowSeconds: 60)
        windows.last15Minutes = quality(minutes, 15, at: second, windowSeconds: 900)
        return windows
    }

    /// The last 24 hours, oldest first: whole minutes of the monotonic clock that had traffic and are over.
    ///
    /// - Parameters:
    ///   - second: the last second folded, monotonic.
    ///   - unixOffset: what to add to monotonic seconds to get seconds since 1970.
    public func minutes(at second: Int64, unixOffset: Int64) -> [QualityMinute] {
        let second = max(second, newest)
        let oldest = second / 60 - Int64(MinuteRecords.countMax)
        let finished = finishedMinute(at: second).map { [MinuteRecord($0)] } ?? []
        return (records.all + finished).filter { Int64($0.number) >= oldest }.suffix(MinuteRecords.countMax)
            .map { $0.minute(unixOffset: unixOffset) }
    }

    /// What it takes now, bytes on the heap; histograms that are shared count for each block.
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

    /// The minute begun last, if it had traffic and `second` is its last one or later.
    private func finishedMinute(at second: Int64) -> BlockWindow.Block? {
        guard let block = minutes.blocks.last, (second + 1) / 60 > block.number else { return nil }
        return block.tally.hasTraffic ? block : nil
    }
}
