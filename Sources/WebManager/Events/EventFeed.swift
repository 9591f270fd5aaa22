// SPDX-License-Identifier: GPL-2.0-or-later

internal import NIOCore
internal import Synchronization

/// One snapshot a second for everybody who listens, sooner when a state has changed, and neither snapshot nor timer
/// while nobody does.
///
/// A listener that is slower than that misses snapshots; none is kept for it but the newest.
final class EventFeed: Sendable {
    private struct State {
        var listeners: [UInt64: AsyncStream<ByteBuffer>.Continuation] = [:]
        var nextIdentity: UInt64 = 0
        /// For those who come between two snapshots.
        var newest: ByteBuffer?
        var isTelling = false
        var isHurried = false
        var isStopped = false
    }

    private static let steps = 5

    private let state = Mutex(State())
    private let listenersMax: Int
    /// A part of the interval, after which a change is told.
    private let step: Duration
    private let snapshot: @Sendable () async -> ByteBuffer?
    /// Rings when somebody listens after nobody did.
    private let bell = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))

    /// - Parameter snapshot: the next event, ready to send; nil for none this time.
    init(_ limits: WebLimits, snapshot: @escaping @Sendable () async -> ByteBuffer?) {
        listenersMax = limits.eventStreamsMax
        step = .seconds(limits.eventSeconds / Double(Self.steps))
        self.snapshot = snapshot
    }

    var listenerCount: Int { state.withLock { $0.listeners.count } }
    /// Whether snapshots are being taken.
    var isTelling: Bool { state.withLock { $0.isTelling } }

    /// Tells whoever listens, until it is cancelled. To be called once.
    func run() async {
        for await _ in bell.stream {
            while goesOn() {
                if let event = await snapshot() { tell(event) }
                await pause()
            }
        }
    }

    /// A place to listen from; nil when all are taken.
    func listen() -> EventListener? {
        state.withLock { state in
            guard !state.isStopped, state.listeners.count < listenersMax else { return nil }
            let (events, continuation) = AsyncStream.makeStream(
                of: ByteBuffer.self, bufferingPolicy: .bufferingNewest(1))
            let identity = state.nextIdentity
            state.nextIdentity += 1
            state.listeners[identity] = continuation
            if let newest = state.newest { continuation.yield(newest) }
            bell.continuation.yield()
            return EventListener(events: events) { [weak self] in self?.forget(identity) }
        }
    }

    /// Ends every stream and takes no more listeners.
    func stop() {
        let listeners = state.withLock { state in
            state.isStopped = true
            defer { state.listeners = [:] }
            return state.listeners
        }
        for continuation in listeners.values { continuation.finish() }
    }

    /// Asks for the next snapshot without waiting for its time.
    func hurry() { state.withLock { $0.isHurried = true } }

    private func pause() async {
        for _ in 0..<Self.steps {
            try? await Task.sleep(for: step)
            if state.withLock({ $0.isHurried }) { break }
        }
    }

    private func goesOn() -> Bool {
        state.withLock { state in
            state.isTelling = !state.listeners.isEmpty && !Task.isCancelled
            if !state.isTelling { state.newest = nil }
            // The snapshot that follows has what changed until now.
            state.isHurried = false
            return state.isTelling
        }
    }

    private func tell(_ event: ByteBuffer) {
        state.withLock { state in
            state.newest = event
            for continuation in state.listeners.values { continuation.yield(event) }
        }
    }

    private func forget(_ identity: UInt64) {
        state.withLock { $0.listeners.removeValue(forKey: identity) }?.finish()
    }
}
