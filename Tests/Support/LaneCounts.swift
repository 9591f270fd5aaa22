// SPDX-License-Identifier: GPL-2.0-or-later

/// Frames of one direction of a ``LinkEmulator`` since it was made.
public struct LaneCounts: Hashable, Sendable {
    public var received = 0
    /// By the weather, or because too many waited.
    public var lost = 0
    public var doubled = 0
    public var released = 0
}
