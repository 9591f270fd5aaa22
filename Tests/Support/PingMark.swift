// SPDX-License-Identifier: GPL-2.0-or-later

/// A boundary between two stretches of a ``Pinger``'s life.
public struct PingMark: Sendable {
    /// The first sequence number behind the boundary.
    let sequence: Int
    /// Microseconds of the wall clock, which is what `ping -D` prints.
    let microseconds: Int64
}
