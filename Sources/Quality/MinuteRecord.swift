// SPDX-License-Identifier: GPL-2.0-or-later

internal import Status

/// A minute that is over, in 40 bytes. Counts beyond 32 bits stay at the largest.
struct MinuteRecord {
    /// Minutes of the monotonic clock.
    let number: UInt32
    private let expected: UInt32
    private let received: UInt32
    private let first: UInt32
    /// Milliseconds; not a number for none.
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

    /// - Parameter unixOffset: what to add to monotonic seconds to get seconds since 1970.
    func minute(unixOffset: Int64) -> QualityMinute {
        QualityMinute(
            startUnixSeconds: Int64(number) * 60 + unixOffset,
            expectedDatagrams: Int(expected), receivedDatagrams: Int(received), firstDatagrams: Int(first),
            delayP50Milliseconds: delayP50.isNaN ? nil : Double(delayP50),
            delayP99Milliseconds: delayP99.isNaN ? nil : Double(delayP99),
            receivedBytes: receivedBytes, sentBytes: sentBytes)
    }
}
