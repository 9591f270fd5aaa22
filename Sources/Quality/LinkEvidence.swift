// SPDX-License-Identifier: GPL-2.0-or-later

public import Status

/// The measurements of a link or path at one moment. Times are nanoseconds of the monotonic clock, 0 for never.
///
/// On the server "link" stands for a path, and "another link" for another path of the same session.
public struct LinkEvidence: Hashable, Sendable {
    public var now: Int64
    /// The time when the link joined the fan-out. A new value means that it left and came back, and resets its health.
    public var joined: Int64
    /// The time of the last copy received over this link.
    public var lastReceived: Int64 = 0
    /// The number of copies received over this link. Does not decrease while `joined` stays the same.
    public var receivedDatagrams: UInt64 = 0
    /// The number of distinct datagrams received over other links since this link's last copy, or since it joined.
    public var missedDatagrams: UInt64 = 0
    /// The time of the last datagram that the kernel accepted for this link.
    public var lastSent: Int64 = 0
    /// The number of datagrams sent over this link, and the number of those that the kernel refused. Neither decreases
    /// while `joined` stays the same. A refusal may be counted a little later than its datagram.
    public var sentDatagrams: UInt64 = 0
    public var refusedDatagrams: UInt64 = 0
    /// The reason of the latest refusal.
    public var refusal = ""
    /// The time of the last datagram received over any link.
    public var lastReceivedAnywhere: Int64 = 0
    /// The number of datagrams, copies not counted, sent since `lastReceivedAnywhere` that WireGuard answers within ten
    /// seconds: handshakes and data, but **not keepalives** (transport data of 32 bytes). An idle tunnel with
    /// `PersistentKeepalive` sends five of those before it receives anything.
    public var unansweredDatagrams: UInt64 = 0
    /// The quality over the last ten seconds, of which the loss is used.
    public var window = Quality(windowSeconds: 10)
    /// The end of `window`; 0 while there is none.
    public var windowEnd: Int64 = 0

    public init(now: Int64, joined: Int64) {
        self.now = now
        self.joined = joined
    }
}
