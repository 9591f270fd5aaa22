// SPDX-License-Identifier: GPL-2.0-or-later

/// What users of high-rate links may turn; all of it is off by default.
public struct Tuning: Hashable, Sendable {
    /// The processor the data plane's thread stays on: helps where interrupts of the network cards are steered to its
    /// neighbours, and hurts where other work shares it.
    public var processor: Int?
    /// Microseconds to poll the network devices before sleeping: saves the wake-up of each datagram at a moderate
    /// rate, and costs a busy processor.
    public var busyPollMicroseconds: Int?
    /// A kernel thread submits (`IORING_SETUP_SQPOLL`): no system call while there is traffic, for the price of a
    /// second busy processor.
    public var submissionThread: Bool

    public init(processor: Int? = nil, busyPollMicroseconds: Int? = nil, submissionThread: Bool = false) {
        self.processor = processor
        self.busyPollMicroseconds = busyPollMicroseconds
        self.submissionThread = submissionThread
    }
}
