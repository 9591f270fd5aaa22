// SPDX-License-Identifier: GPL-2.0-or-later

internal import CBench
internal import Histogram

/// What one direction of one run came to.
package struct FlowFigures: Codable, Sendable {
    package let direction: Direction
    /// Datagrams offered a second.
    package let offeredPerSecond: Double
    /// Datagrams that arrived within the measured time, each once, a second; whenever they were sent.
    package let deliveredPerSecond: Double
    /// Sent in all, with the warm-up.
    package let sent: UInt64
    /// Of those, how many arrived at all, each once.
    package let unique: UInt64
    package var lost: UInt64 { sent - unique }
    package let duplicates: UInt64
    /// Not ours, or altered. Anything above 0 is a fault of the relays.
    package let strange: UInt64
    /// Not taken from the source by its own kernel; part of ``lost``.
    package let refused: UInt64
    /// With a rate: the most a datagram left late, microseconds; shows a source that could not keep up.
    package let sourceLateMicroseconds: Double
    /// One-way delay of first copies, microseconds.
    package let p50, p99, p999, maximum: Double

    init(_ flow: Flow, _ direction: Direction, unique atEnd: UInt64, seconds: Double) {
        self.direction = direction
        offeredPerSecond = Double(flow.sent) / seconds
        deliveredPerSecond = Double(atEnd) / seconds
        sent = flow.sentInAll
        unique = flow.state.total_unique
        duplicates = flow.state.duplicates
        strange = flow.state.strange
        refused = flow.state.refused
        sourceLateMicroseconds = Double(flow.state.behind_nanoseconds_max) / 1_000
        let histogram = flow.histogram()
        func percentile(_ share: Double) -> Double {
            histogram.totalCount == 0 ? .nan : Double(histogram.valueAtPercentile(share)) / 1_000
        }
        p50 = percentile(50)
        p99 = percentile(99)
        p999 = percentile(99.9)
        maximum = percentile(100)
    }
}
