// SPDX-License-Identifier: GPL-2.0-or-later

/// What was measured on one link or path during one whole second.
///
/// The figures about copies belong to the second in which the first copy of a datagram came. Traffic belongs to
/// the second in which it crossed, and may be there without any of the others.
public struct SecondSample: Hashable, Sendable {
    /// Seconds of the monotonic clock.
    public var second: Int64
    /// Different datagrams that came over any link while this one belonged to the fan-out.
    public var expected = 0
    /// Those of them that came over this one.
    public var received = 0
    /// Those of them that came over this one first.
    public var first = 0
    /// How much later than the first copy those in `received` came.
    public var delays = DelayHistogram()
    /// RFC 3550's running mean at the end of the second, microseconds. Not looked at when `received` is 0.
    public var jitterMicroseconds = 0
    /// What crossed during the second, copies and handshakes included; bytes are of UDP payload.
    public var receivedDatagrams = 0
    public var receivedBytes = 0
    public var sentDatagrams = 0
    public var sentBytes = 0

    public init(second: Int64) { self.second = second }
}
