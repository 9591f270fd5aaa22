// SPDX-License-Identifier: GPL-2.0-or-later

/// When names are looked up again. All in nanoseconds.
public struct NameTiming: Hashable, Sendable {
    /// After the first failure; it doubles with each further one.
    public var retryNanosecondsMin: UInt64 = 1_000_000_000
    public var retryNanosecondsMax: UInt64 = 60_000_000_000
    /// After an answer. The C library does not tell how long an answer holds.
    public var refreshNanoseconds: UInt64 = 300_000_000_000
    /// Least distance between the beginnings of two queries when the second was asked for.
    public var spacingNanoseconds: UInt64 = 5_000_000_000
    /// The same when the network has changed, for names without an answer.
    public var eventSpacingNanoseconds: UInt64 = 1_000_000_000

    public init() {}
}
