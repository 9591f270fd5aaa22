// SPDX-License-Identifier: GPL-2.0-or-later

/// What a ``LinkEmulator`` does to the frames of one direction. The default does nothing.
public struct Weather: Hashable, Sendable {
    public var delayMilliseconds = 0.0
    /// On top of the delay, anything from 0 to this, each as likely; order is kept.
    public var jitterMilliseconds = 0.0
    /// Of 1,000 frames, how many are lost.
    public var lossPer1000 = 0
    /// Of 1,000 frames that are not lost, how many come twice.
    public var duplicationPer1000 = 0
    /// Of 1,000 frames, how many are let go at once and so overtake those that wait: nothing without a delay.
    public var reorderingPer1000 = 0

    public init(
        delayMilliseconds: Double = 0, jitterMilliseconds: Double = 0, lossPer1000: Int = 0,
        duplicationPer1000: Int = 0, reorderingPer1000: Int = 0
    ) {
        precondition(delayMilliseconds >= 0 && jitterMilliseconds >= 0)
        precondition([lossPer1000, duplicationPer1000, reorderingPer1000].allSatisfy { 0...1_000 ~= $0 })
        self.delayMilliseconds = delayMilliseconds
        self.jitterMilliseconds = jitterMilliseconds
        self.lossPer1000 = lossPer1000
        self.duplicationPer1000 = duplicationPer1000
        self.reorderingPer1000 = reorderingPer1000
    }
}
