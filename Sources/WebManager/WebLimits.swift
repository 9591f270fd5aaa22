// SPDX-License-Identifier: GPL-2.0-or-later

/// What bounds the web side. All of it together is meant to fit beside a tunnel on a small router.
struct WebLimits: Sendable {
    /// Connections at one time; the next one is closed as it comes.
    var connectionsMax = 128
    /// Of those, from one source: the others stay for everybody else.
    var connectionsPerSourceMax = 96
    /// Streams of events at one time; the next one is answered 503.
    var eventStreamsMax = 32
    /// Bytes of a request's body that are looked at; more is answered 413.
    var bodyBytesMax = 64 * 1024
    /// Bytes of a body that are taken in to let an answer through to a peer that does not stop sending.
    var drainBytesMax = 1024 * 1024
    var headerBytesMax = 16 * 1024
    var headerCountMax = 64
    /// What the kernel may hold for a peer that does not read.
    var socketBufferBytes = 128 * 1024
    /// From a connection's first sign of life, or the end of an answer, to the end of the next request's head.
    var idleSeconds: Int64 = 15
    /// From a request's head to the end of its body.
    var requestSeconds: Int64 = 15
    /// How long a peer may leave an answer unread that does not fit its buffers.
    var stallSeconds: Int64 = 10
    /// How long a peer may leave bytes unacknowledged before its connection counts as dead.
    var unacknowledgedMilliseconds = 20_000
    /// What requests under way have left when the program stops.
    var farewellMilliseconds: Int64 = 500
    /// Seconds between two events.
    var eventSeconds = 1.0
    /// Before an occupied port is tried again: at first, and at most.
    var retrySeconds = 1.0...30.0

    init() {}
}
