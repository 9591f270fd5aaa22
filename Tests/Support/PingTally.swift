// SPDX-License-Identifier: GPL-2.0-or-later

/// What the pings of one stretch of time felt.
public struct PingTally: Sendable {
    public var sent: Int
    public var lost: Int
    public var duplicates: Int
    /// The longest time without an answer, which includes the interval between pings.
    public var longestGapMilliseconds: Double
}
