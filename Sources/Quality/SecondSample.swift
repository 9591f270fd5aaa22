// SPDX-License-Identifier: GPL-2.0-or-later

/// The measurements of one link or path during one second.
///
/// The figures about copies belong to the second in which the first copy of a datagram was received. Traffic belongs
/// to the second in which it was sent or received.
public struct SecondSample: Hashable, Sendable {
    /// The second of the monotonic clock.
    public var second: Int64
    /// The number of distinct datagrams received over any link while this one was in the fan-out.
    public var expected = 0
    /// The number of those received over this link.
    public var received = 0
    /// The number of those received over this link first.
    public var first = 0
    /// The delays of the `received` datagrams behind the first copy.
    public var delays = DelayHistogram()
    /// The jitter (RFC 3550) at the end of the second, in microseconds. Ignored when `received` is 0.
    public var jitterMicroseconds = 0
    /// The traffic during the second, including copies and handshakes. Bytes are bytes of UDP payload.
    public var receivedDatagrams = 0
    public var receivedBytes = 0
    public var sentDatagrams = 0
    public var sentBytes = 0

    public init(second: Int64) { self.second = second }
}
