// SPDX-License-Identifier: GPL-2.0-or-later

internal import Status

/// The figures of a finished minute in 40 bytes. Counts saturate at 32 bits.
struct MinuteRecord {
    /// The number of the minute on the monotonic clock.
    let number: UInt32
    private let expected: UInt32
    private let received: UInt32
    private let first: UInt32
    /// The delay in milliseconds; NaN for none.
    private let delayP50: Float
    private let delayP99: Float
    private let receivedBytes: Int
    private let sentBytes: Int

    init(_ block: BlockWindow.Block) {
        let tally = block.tally
        number = UInt32(clamping: block.number)
        expected = UInt32(clamping: tally.expected)
        received = UInt32(clamping: tally.received)
        first = UInt32(clamping: tally.first)
        delayP50 = tally.delays.quantile(0.5).map { Float($0) } ?? .nan
        delayP99 = tally.delays.quantile(0.99).map { Float($0) } ?? .nan
        receivedBytes = tally.receivedBytes
        sentBytes = tally.sentBytes
    }

    /// Returns the minute for the API.
    ///
    /// - Parameter unixOffset: the difference between seconds since 1970 and monotonic seconds.
    func minute(unixOffset: Int64) -> QualityMinute {
        QualityMinute(
            startUnixSeconds: Int64(number) * 60 + unixOffset,
            expectedDatagrams: Int(expected), receivedDatagrams: Int(received), firstDatagrams: Int(first),
            delayP50Milliseconds: delayP50.isNaN ? nil : Double(delayP50),
            delayP99Milliseconds: delayP99.isNaN ? nil : Double(delayP99),
            receivedBytes: receivedBytes, sentBytes: sentBytes)
    }
}
