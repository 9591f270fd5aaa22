// SPDX-License-Identifier: GPL-2.0-or-later

internal import NIOCore
internal import Synchronization

/// Publishes one snapshot a second to all subscribers, sooner when a state has changed. Takes no snapshots and runs no
/// timer without subscribers.
///
/// A slow subscriber misses snapshots: only the newest one is buffered for it.
final class EventFeed: Sendable {
    private struct State {
        var subscribers: [UInt64: AsyncStream<ByteBuffer>.Continuation] = [:]
        var nextIdentity: UInt64 = 0
        /// The latest snapshot, sent to new subscribers at once.
        var newest: ByteBuffer?
        var isPublishing = false
        var isDue = false
        var isStopped = false
    }

    private static let steps = 5

    private let state = Mutex(State())
    private let subscribersMax: Int
    /// The longest delay before a change is published: a fraction of the interval.
    private let step: Duration
    private let snapshot: @Sendable () async -> ByteBuffer?
    /// Receives an element for each new subscriber, to start publishing.
    private let wakeUps = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))

    /// - Parameter snapshot: returns the next event, ready to send; nil to skip this one.
    init(_ limits: WebLimits, snapshot: @escaping @Sendable () async -> ByteBuffer?) {
        subscribersMax = limits.eventStreamsMax
        step = .seconds(limits.eventSeconds / Double(Self.steps))
        self.snapshot = snapshot
    }

    var subscriberCount: Int { state.withLock { $0.subscribers.count } }
    /// True while snapshots are taken.
    var isPublishing: Bool { state.withLock { $0.isPublishing } }

    /// Publishes until it is cancelled. Must be called once.
    func run() async {
        for await _ in wakeUps.stream {
            while shouldContinue() {
                if let event = await snapshot() { publish(event) }
                await pause()
            }
        }
    }

    /// Returns a new subscription; nil when the maximum number is reached.
    func subscribe() -> EventSubscription? {
        state.withLock { state in
            guard !state.isStopped, state.subscribers.count < subscribersMax else { return nil }
            let (events, continuation) = AsyncStream.makeStream(
                of: ByteBuffer.self, bufferingPolicy: .bufferingNewest(1))
            let identity = state.nextIdentity
            state.nextIdentity += 1
            state.subscribers[identity] = continuation
            if let newest = state.newest { continuation.yield(newest) }
            wakeUps.continuation.yield()
            return EventSubscription(events: events) { [weak self] in self?.unsubscribe(identity) }
        }
    }

    /// Ends every subscription and refuses new ones.
    func stop() {
        let subscribers = state.withLock { state in
            state.isStopped = true
            defer { state.subscribers = [:] }
            return state.subscribers
        }
        for continuation in subscribers.values { continuation.finish() }
    }

    /// Publishes the next snapshot early, because a state has changed.
    func publishSoon() { state.withLock { $0.isDue = true } }

    private func pause() async {
        for _ in 0..<Self.steps {
            try? await Task.sleep(for: step)
            if state.withLock({ $0.isDue }) { break }
        }
    }

    private func shouldContinue() -> Bool {
        state.withLock { state in
            state.isPublishing = !state.subscribers.isEmpty && !Task.isCancelled
            if !state.isPublishing { state.newest = nil }
            // The next snapshot contains all changes so far.
            state.isDue = false
            return state.isPublishing
        }
    }

    private func publish(_ event: ByteBuffer) {
        state.withLock { state in
            state.newest = event
            for continuation in state.subscribers.values { continuation.yield(event) }
        }
    }

    private func unsubscribe(_ identity: UInt64) {
        state.withLock { $0.subscribers.removeValue(forKey: identity) }?.finish()
    }
}

/// A subscription to an ``EventFeed``, cancelled when it is released.
final class EventSubscription: Sendable {
    let events: AsyncStream<ByteBuffer>
    /// Ends `events`. May be called more than once.
    let cancel: @Sendable () -> Void

    init(events: AsyncStream<ByteBuffer>, cancel: @escaping @Sendable () -> Void) {
        self.events = events
        self.cancel = cancel
    }

    deinit { cancel() }
}
