// SPDX-License-Identifier: GPL-2.0-or-later

/// Measures the copies that came over one link or path during a window, in the direction of what is received here.
///
/// Every datagram crosses every link, so what one link missed is known from what the others brought. Figures that
/// nothing was measured for are nil.
public struct Quality: Hashable, Sendable, Codable {
    /// Length of the window, seconds.
    public var windowSeconds: Int
    /// Different datagrams that came over any link while this one belonged to the fan-out.
    public var expectedDatagrams: Int
    /// Those of them that came over this one, first or later.
    public var receivedDatagrams: Int
    /// Those of them that came over this one first.
    public var firstDatagrams: Int
    /// 0...100; what this one missed of `expectedDatagrams`.
    public var lossPercent: Double?
    /// 0...100; how many of `expectedDatagrams` came over this one first.
    public var winPercent: Double?
    /// The time from the first copy to this one's: median and 99th percentile. A first copy counts as 0.
    public var delayP50Milliseconds: Double?
    public var delayP99Milliseconds: Double?
    /// Mean change of that delay from one datagram to the next (RFC 3550, 6.4.1).
    public var jitterMilliseconds: Double?
    /// The rates here, copies and handshakes included, without the datagrams that the kernel refused to send.
    public var receivedDatagramsPerSecond: Double
    public var receivedBitsPerSecond: Double
    public var sentDatagramsPerSecond: Double
    public var sentBitsPerSecond: Double

    public init(windowSeconds: Int) {
        self.windowSeconds = windowSeconds
        expectedDatagrams = 0
        receivedDatagrams = 0
        firstDatagrams = 0
        receivedDatagramsPerSecond = 0
        receivedBitsPerSecond = 0
        sentDatagramsPerSecond = 0
        sentBitsPerSecond = 0
    }
}

/// The same link seen over four windows, each ending at the last whole second whose late copies are in.
public struct QualityWindows: Hashable, Sendable, Codable {
    public var lastSecond = Quality(windowSeconds: 1)
    public var last10Seconds = Quality(windowSeconds: 10)
    public var lastMinute = Quality(windowSeconds: 60)
    public var last15Minutes = Quality(windowSeconds: 900)

    public init() {}
}

/// One minute of a link's or path's last 24 hours. Minutes without traffic are left out.
public struct QualityMinute: Hashable, Sendable, Codable {
    /// The beginning of the minute, in seconds since 1970-01-01 UTC.
    public var startUnixSeconds: Int64
    public var expectedDatagrams: Int
    public var receivedDatagrams: Int
    public var firstDatagrams: Int
    public var delayP50Milliseconds: Double?
    public var delayP99Milliseconds: Double?
    /// Bytes of UDP payload, copies included.
    public var receivedBytes: Int
    public var sentBytes: Int

    public init(
        startUnixSeconds: Int64, expectedDatagrams: Int, receivedDatagrams: Int, firstDatagrams: Int,
        delayP50Milliseconds: Double?, delayP99Milliseconds: Double?, receivedBytes: Int, sentBytes: Int
    ) {
        self.startUnixSeconds = startUnixSeconds
        self.expectedDatagrams = expectedDatagrams
        self.receivedDatagrams = receivedDatagrams
        self.firstDatagrams = firstDatagrams
        self.delayP50Milliseconds = delayP50Milliseconds
        self.delayP99Milliseconds = delayP99Milliseconds
        self.receivedBytes = receivedBytes
        self.sentBytes = sentBytes
    }
}
