// SPDX-License-Identifier: GPL-2.0-or-later

internal import Synchronization

/// Limits the rate of login attempts: each wrong password is answered after a delay, and few may be delayed at a time.
///
/// Further parallel attempts are refused unchecked. So a right password is refused while the same source has many wrong
/// ones delayed, or while all sources together have very many.
final class LoginRateLimit: Sendable {
    static let waitingPerSourceMax = 4
    static let waitingMax = 32
    static let sourcesMax = 256
    static let delayMilliseconds = 250...4_000
    /// The number of failures a minute, from all sources, above which each gets the maximum delay.
    static let failuresPerMinuteMax = 60
    static let memorySeconds = 600.0

    private struct Record {
        var failureCount = 0
        var waitingCount = 0
        var last: ContinuousClock.Instant
    }

    private struct State {
        var records: [String: Record] = [:]
        var waitingCount = 0
        var minute: ContinuousClock.Instant
        var minuteFailureCount = 0
    }

    private let state: Mutex<State>

    init(now: ContinuousClock.Instant = .now) { state = Mutex(State(minute: now)) }

    var sourceCount: Int { state.withLock { $0.records.count } }

    /// Returns true when credentials from a source may be checked now.
    func allows(_ source: String) -> Bool {
        state.withLock {
            $0.waitingCount < Self.waitingMax
                && $0.records[source, default: Record(last: .now)].waitingCount < Self.waitingPerSourceMax
        }
    }

    /// Records a failure. Returns the delay before ``endDelay(_:)`` and the response.
    func recordFailure(_ source: String, now: ContinuousClock.Instant = .now) -> Duration {
        state.withLock { state in
            if state.minute.duration(to: now) > .seconds(60) {
                state.minute = now
                state.minuteFailureCount = 0
            }
            state.minuteFailureCount += 1
            state.waitingCount += 1
            var record = state.records[source] ?? Self.newRecord(&state, now)
            if record.last.duration(to: now) > .seconds(Self.memorySeconds) { record.failureCount = 0 }
            record.failureCount += 1
            record.waitingCount += 1
            record.last = now
            state.records[source] = record
            let isFlood = state.minuteFailureCount > Self.failuresPerMinuteMax
            let doubled = Self.delayMilliseconds.lowerBound << min(record.failureCount - 1, 8)
            let longest = Self.delayMilliseconds.upperBound
            return .milliseconds(isFlood ? longest : min(doubled, longest))
        }
    }

    /// Records that a delay is over.
    func endDelay(_ source: String) {
        state.withLock { state in
            state.waitingCount -= 1
            state.records[source]?.waitingCount -= 1
        }
    }

    /// Records a success, which resets the delays of a source.
    func recordSuccess(_ source: String) {
        state.withLock { state in
            guard let record = state.records[source] else { return }
            if record.waitingCount == 0 { state.records[source] = nil } else { state.records[source]?.failureCount = 0 }
        }
    }

    /// Returns a new record and removes the oldest one without a delayed attempt when the table is full. There is one,
    /// because fewer attempts can be delayed than sources are kept.
    private static func newRecord(_ state: inout State, _ now: ContinuousClock.Instant) -> Record {
        if state.records.count >= sourcesMax,
            let oldest = state.records.filter({ $0.value.waitingCount == 0 }).min(by: { $0.value.last < $1.value.last })
        {
            state.records[oldest.key] = nil
        }
        return Record(last: now)
    }
}
