// SPDX-License-Identifier: GPL-2.0-or-later

internal import Status

/// The sum of the samples of several seconds.
struct Tally {
    private(set) var expected = 0
    private(set) var received = 0
    private(set) var first = 0
    private(set) var delays = DelayHistogram()
    /// The sum of jitter times copies of each second, so that busy seconds have more weight.
    private var jitterSum = 0
    private(set) var receivedDatagrams = 0
    private(set) var receivedBytes = 0
    private(set) var sentDatagrams = 0
    private(set) var sentBytes = 0

    var hasTraffic: Bool { expected > 0 || receivedDatagrams > 0 || sentDatagrams > 0 }

    mutating func add(_ sample: SecondSample) {
        expected += sample.expected
        received += sample.received
        first += sample.first
        delays.merge(sample.delays)
        jitterSum += sample.jitterMicroseconds * sample.received
        receivedDatagrams += sample.receivedDatagrams
        receivedBytes += sample.receivedBytes
        sentDatagrams += sample.sentDatagrams
        sentBytes += sample.sentBytes
    }

    mutating func add(_ other: Tally) {
        expected += other.expected
        received += other.received
        first += other.first
        delays.merge(other.delays)
        jitterSum += other.jitterSum
        receivedDatagrams += other.receivedDatagrams
        receivedBytes += other.receivedBytes
        sentDatagrams += other.sentDatagrams
        sentBytes += other.sentBytes
    }

    /// Returns the quality over a window.
    ///
    /// - Parameters:
    ///   - windowSeconds: the nominal length of the window.
    ///   - coveredSeconds: the seconds to divide rates by; above 0.
    func quality(windowSeconds: Int, coveredSeconds: Int64) -> Quality {
        var quality = Quality(windowSeconds: windowSeconds)
        quality.expectedDatagrams = expected
        quality.receivedDatagrams = received
        quality.firstDatagrams = first
        if expected > 0 {
            // Not below 0: a copy may count where its datagram no longer does.
            quality.lossPercent = max(0, 100 * Double(expected - received) / Double(expected))
            quality.winPercent = min(100, 100 * Double(first) / Double(expected))
        }
        quality.delayP50Milliseconds = delays.quantile(0.5)
        quality.delayP99Milliseconds = delays.quantile(0.99)
        if received > 0 { quality.jitterMilliseconds = Double(jitterSum) / Double(received) / 1000 }
        let seconds = Double(coveredSeconds)
        quality.receivedDatagramsPerSecond = Double(receivedDatagrams) / seconds
        quality.receivedBitsPerSecond = 8 * Double(receivedBytes) / seconds
        quality.sentDatagramsPerSecond = Double(sentDatagrams) / seconds
        quality.sentBitsPerSecond = 8 * Double(sentBytes) / seconds
        return quality
    }
}
