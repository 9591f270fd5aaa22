// SPDX-License-Identifier: GPL-2.0-or-later

internal import NIOCore

/// A place in the feed, given back when it is no longer used.
final class EventListener: Sendable {
    let events: AsyncStream<ByteBuffer>
    /// Ends `events`. May be called more than once.
    let leave: @Sendable () -> Void

    init(events: AsyncStream<ByteBuffer>, leave: @escaping @Sendable () -> Void) {
        self.events = events
        self.leave = leave
    }

    deinit { leave() }
}
