// SPDX-License-Identifier: GPL-2.0-or-later

internal import Synchronization

/// Makes guessing a password slow: each wrong one waits for its answer, and few may wait at a time.
///
/// Who guesses in parallel is turned away unheard; a right password is therefore refused while somebody guesses from
/// the same source, and from everywhere only while very many do.
final class GuessBrake: Sendable {
    static let waitingPerSourceMax = 4
    static let waitingMax = 32
    static let sourcesMax = 256
    static let delayMilliseconds = 250...4_000
    /// Wrong guesses a minute, from everywhere, above which each of them waits the longest.
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

    /// Whether what a source says of itself may be looked at now.
    func isOpen(to source: String) -> Bool {
        state.withLock {
            $0.waitingCount < Self.waitingMax
                && $0.records[source, default: Record(last: .now)].waitingCount < Self.waitingPerSourceMax
        }
    }

    /// A source has been wrong. Returns how long it must wait before ``release(_:)`` and its answer.
    func hold(_ source: String, now: ContinuousClock.Instant = .now) -> Duration {
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

    /// The wait is over.
    func release(_ source: String) {
        state.withLock { state in
            state.waitingCount -= 1
            state.records[source]?.waitingCount -= 1
        }
    }

    /// A source has been right.
    func forgive(_ source: String) {
        state.withLock { state in
            guard let record = state.records[source] else { return }
            if record.waitingCount == 0 { state.records[source] = nil } else { state.records[source]?.failureCount = 0 }
        }
    }

    /// Makes room; there always is some, because fewer wait than are remembered.
    private static func newRecord(_ state: inout State, _ now: ContinuousClock.Instant) -> Record {
        if state.records.count >= sourcesMax,
            let oldest = state.records.filter({ $0.value.waitingCount == 0 }).min(by: { $0.value.last < $1.value.last })
        {
            state.records[oldest.key] = nil
        }
        return Record(last: now)
    }
}
