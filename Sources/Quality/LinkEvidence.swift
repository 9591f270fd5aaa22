// SPDX-License-Identifier: GPL-2.0-or-later

public import Status

/// What is known of a link or path at one moment. Times are nanoseconds of the monotonic clock, 0 for never.
///
/// For the server read "path" for link, and "path of the same session" for any or other link.
public struct LinkEvidence: Hashable, Sendable {
    public var now: Int64
    /// When the link joined the fan-out. Another value means it left and came back: everything is judged afresh.
    public var joined: Int64
    /// When the last copy came over this link.
    public var lastReceived: Int64 = 0
    /// Copies that came over this link; never less than before while `joined` stays.
    public var receivedDatagrams: UInt64 = 0
    /// Different datagrams that came over others since this link's last copy, or since it joined.
    public var missedDatagrams: UInt64 = 0
    /// When the kernel last took something to be sent over this link.
    public var lastSent: Int64 = 0
    /// Datagrams sent over this link, and how many of them the kernel refused; never less than before while `joined`
    /// stays. A refusal may be counted a little later than the datagram.
    public var sentDatagrams: UInt64 = 0
    public var refusedDatagrams: UInt64 = 0
    /// Why the latest of them was refused, in words.
    public var refusal = ""
    /// When something last came over any link.
    public var lastHeardAnywhere: Int64 = 0
    /// Datagrams sent since `lastHeardAnywhere`, one each however many copies, that WireGuard answers within ten
    /// seconds: handshakes and data, but **not keepalives** (transport data of 32 bytes). An idle tunnel with
    /// `PersistentKeepalive` sends five of those before it hears anything.
    public var unansweredDatagrams: UInt64 = 0
    /// The last ten seconds, for their loss.
    public var window = Quality(windowSeconds: 10)
    /// When `window` ends; 0 while there is none.
    public var windowEnd: Int64 = 0

    public init(now: Int64, joined: Int64) {
        self.now = now
        self.joined = joined
    }
}
