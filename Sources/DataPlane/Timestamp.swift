// SPDX-License-Identifier: GPL-2.0-or-later

/// A monotonic time in the units of those who keep it small.
struct Timestamp: BitwiseCopyable {
    /// Wraps after 71 minutes.
    var microseconds: UInt32
    var second: UInt32

    /// - Parameter nanoseconds: monotonic.
    @_noLocks
    init(_ nanoseconds: Int64) {
        microseconds = UInt32(truncatingIfNeeded: nanoseconds / 1000)
        second = UInt32(truncatingIfNeeded: nanoseconds / 1_000_000_000)
    }
}
