// SPDX-License-Identifier: GPL-2.0-or-later

/// The limits of the web server, chosen to fit a small router.
struct WebLimits: Sendable {
    /// The maximum number of connections; further ones are closed at once.
    var connectionsMax = 128
    /// The maximum number of connections from one source.
    var connectionsPerSourceMax = 96
    /// The maximum number of event streams; further requests are answered with 503.
    var eventStreamsMax = 32
    /// The maximum size of a request's body; more is answered with 413.
    var bodyBytesMax = 64 * 1024
    /// The maximum number of bytes to read from a peer that keeps sending after an early response.
    var drainBytesMax = 1024 * 1024
    var headerBytesMax = 16 * 1024
    var headerCountMax = 64
    /// The size of the send buffer in the kernel.
    var socketBufferBytes = 128 * 1024
    /// The time from the begin of a connection, or the end of a response, to the end of the next request's head.
    var idleSeconds: Int64 = 15
    /// The time from a request's head to the end of its body.
    var requestSeconds: Int64 = 15
    /// The time for which a peer may not read a response that exceeds the buffers.
    var stallSeconds: Int64 = 10
    /// The time after which a connection with unacknowledged bytes is closed (`TCP_USER_TIMEOUT`).
    var unacknowledgedMilliseconds = 20_000
    /// The time for requests in progress to finish when the program stops.
    var shutdownGraceMilliseconds: Int64 = 500
    /// The interval between two events.
    var eventSeconds = 1.0
    /// The delays before retrying to listen: the first one and the longest.
    var retrySeconds = 1.0...30.0

    init() {}
}
