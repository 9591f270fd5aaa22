// SPDX-License-Identifier: GPL-2.0-or-later

/// Numbered datagrams from one end to another, and what became of each.
public struct UDPLoad: Sendable {
    /// Datagrams a second at most; a sender that has to wait sends fewer.
    public var perSecond: Int
    public var size: Int
    /// Datagrams that leave together, so that batches are met; the rate stays the same.
    public var burst: Int
    /// Datagrams that may be under way: the sender waits for the latest of them before it sends more, so that no
    /// receive buffer overflows while a program waits for a processor. Copies over three links and answers included,
    /// it stays well below the 1,000 packets that a processor's queue of received packets holds
    /// (net.core.netdev_max_backlog). Nil where losses are wanted: then nobody is waited for.
    public var window: Int?

    public init(perSecond: Int, size: Int, burst: Int = 1, window: Int? = 128) {
        self.perSecond = perSecond
        self.size = size
        self.burst = burst
        self.window = window
    }

    /// Sends for `seconds` or as much longer as the receiver takes, waits for what is under way, and counts what
    /// `sink` heard of it.
    ///
    /// - Parameters:
    ///   - source: connected to where the datagrams go.
    ///   - first: the number of the first datagram; a second load into the same sink needs fresh numbers.
    ///   - echo: who hears the answers of a sink that echoes. The sender then waits for the answers too.
    ///   - copies: how often each datagram is to arrive; the report waits for all of them.
    ///   - settle: seconds to listen on when all has arrived, for what should not.
    ///   - meanwhile: called on this thread every few milliseconds with the seconds gone by.
    public func run(
        from source: UDPEnd, into sink: UDPEnd, seconds: Double, first: UInt64 = 0, echo: UDPEnd? = nil,
        copies: Int = 1, settle: Double = 0.3, meanwhile: ((Double) throws -> Void)? = nil
    ) throws -> UDPReport {
        let running = RunningLoad(
            self, from: source, into: sink, first: first, count: Int(Double(perSecond) * seconds), echo: echo,
            copies: copies)
        let start = Monotonic.nanoseconds
        while !running.hasSentAll {
            Monotonic.sleep(seconds: 0.002)
            try meanwhile?(Double(Monotonic.nanoseconds - start) / 1e9)
        }
        return running.finish(settle: settle)
    }
}
