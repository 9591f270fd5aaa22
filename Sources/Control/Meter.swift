// SPDX-License-Identifier: GPL-2.0-or-later

internal import DataPlane
internal import Quality
internal import Status

/// Follows one link or path, second by second and when somebody asks: folds what the data plane counts into its history,
/// and tells whether it does what it should.
struct Meter {
    /// What the data plane says of it now. Times are monotonic nanoseconds, 0 for never.
    struct Reading {
        var now: Int64
        /// When it joined the fan-out; another value than before means that it is another socket or path.
        var joined: Int64
        /// Its member and stream on the ``DuplicateStatistics``.
        var member: Int
        var stream: Int
        var lastReceived: Int64
        /// What its socket or path has carried so far.
        var traffic: Traffic
        /// Why the kernel refused the latest datagram that it did refuse; nil when it has refused none.
        var refusal: SendFailure?
        /// Whose figures those are; another value than before means that they have begun again at zero.
        var tenant: Int64 = 0
        /// When its peer was last heard over any link or path.
        var lastHeardAnywhere: Int64
        /// What the peer should have answered since the program or the session began.
        var expectedReplies: UInt64
    }

    /// Datagrams of one link or path; never less than before while it stays in the fan-out.
    private struct Counts {
        var received: UInt64 = 0
        var sent: UInt64 = 0
        var refused: UInt64 = 0
    }

    /// What a link or path was before it was looked at.
    struct Before: Hashable {
        var state: CarryingState
        var alarm: CarryingState
    }

    /// Between two looks, so that whoever asks for the status as fast as it is answered costs little.
    static let lookNanosecondsMin: Int64 = 200_000_000

    private(set) var windows = QualityWindows()
    /// When its present state began, monotonic nanoseconds.
    private(set) var stateSince: Int64
    private var history: QualityHistory
    private var health: LinkHealth
    private var joined: Int64 = -1
    private var tenant: Int64 = -1
    /// The last second that is in the history.
    private var folded: Int64
    /// Traffic as of the last fold, and when the kernel last took something.
    private var traffic = Traffic()
    private var lastSent: Int64 = 0
    /// What crossed the sockets before the present one since the link joined, and what crossed all of them.
    private var before = Counts()
    private var seen = Counts()
    private var heardAnywhere: Int64 = 0
    private var questionsWhenHeard: UInt64 = 0

    /// What it does now.
    var state: CarryingState { health.state }
    /// What people are told of, see ``LinkHealth/alarm``.
    var alarm: CarryingState { health.reportedState }
    var reason: String { health.reason }

    init(_ observer: LinkHealth.Observer, now: Int64) {
        health = LinkHealth(observer)
        folded = Self.lastWhole(now)
        history = QualityHistory(since: folded)
        stateSince = now
    }

    /// The last second whose late copies are in.
    private static func lastWhole(_ now: Int64) -> Int64 { now / 1_000_000_000 - 1 - DuplicateStatistics.lag }

    /// Reads what there is to know now.
    ///
    /// - Returns: what it was before, when it is something else now.
    mutating func update(_ reading: Reading, _ copies: DuplicateStatistics) -> Before? {
        if reading.joined != joined {
            joined = reading.joined
            heardAnywhere = -1
            before = Counts()
            seen = Counts()
            stateSince = reading.now
        }
        if reading.tenant != tenant {
            tenant = reading.tenant
            before = seen
            traffic = Traffic()
        }
        fold(reading, copies)
        let before = Before(state: state, alarm: alarm)
        health.update(evidence(reading, copies))
        if state != before.state { stateSince = reading.now }
        return before == Before(state: state, alarm: alarm) ? nil : before
    }

    /// The last 24 hours.
    ///
    /// - Parameter unixOffset: what to add to monotonic seconds to get seconds since 1970.
    func minutes(unixOffset: Int64) -> [QualityMinute] { history.minutes(at: folded, unixOffset: unixOffset) }

    private mutating func fold(_ reading: Reading, _ copies: DuplicateStatistics) {
        let last = Self.lastWhole(reading.now)
        guard last > folded else { return }
        // Older bins are overwritten.
        for second in max(folded + 1, last - Int64(DuplicateStatistics.bins) + 3)...last {
            var sample = SecondSample(second: second)
            // Of the second in which it joined it has seen a part only.
            if second > reading.joined / 1_000_000_000 {
                let stamp = UInt32(truncatingIfNeeded: second)
                sample.expected = Int(copies.datagrams(ofStream: reading.stream, second: stamp))
                if let member = copies.member(reading.member, second: stamp) {
                    sample.received = Int(member.received)
                    sample.first = Int(member.first)
                    sample.delays = DelayHistogram(counts: member.delays)
                    sample.jitterMicroseconds = Int(copies.jitterMicroseconds(reading.member))
                }
            }
            if second == last { addTraffic(to: &sample, reading) }
            if sample.expected > 0 || sample.receivedDatagrams > 0 || sample.sentDatagrams > 0 { history.add(sample) }
        }
        folded = last
        windows = history.windows(at: folded)
    }

    /// What crossed since the last time counts for the second folded now, though it is two seconds younger.
    private mutating func addTraffic(to sample: inout SecondSample, _ reading: Reading) {
        let now = reading.traffic
        // Another socket, or a path that is gone and back within one turn, has begun its figures again.
        func grown(_ field: KeyPath<Traffic, UInt64>) -> Int {
            let (now, before) = (now[keyPath: field], traffic[keyPath: field])
            return Int(now >= before ? now - before : now)
        }
        sample.receivedDatagrams = grown(\.receivedDatagrams)
        sample.receivedBytes = grown(\.receivedBytes)
        // Without those that the kernel refused, whose bytes nobody counts: they are taken to be like the others.
        let tried = grown(\.sentDatagrams)
        sample.sentDatagrams = max(0, tried - grown(\.sendFailures))
        sample.sentBytes = tried > 0 ? grown(\.sentBytes) * sample.sentDatagrams / tried : 0
        if sample.sentDatagrams > 0 { lastSent = reading.now }
        traffic = now
    }

    private mutating func evidence(_ reading: Reading, _ copies: DuplicateStatistics) -> LinkEvidence {
        if reading.lastHeardAnywhere != heardAnywhere {
            heardAnywhere = reading.lastHeardAnywhere
            questionsWhenHeard = reading.expectedReplies
        }
        var evidence = LinkEvidence(now: reading.now, joined: reading.joined)
        evidence.lastReceived = reading.lastReceived
        seen = Counts(
            received: before.received + reading.traffic.receivedDatagrams,
            sent: before.sent + reading.traffic.sentDatagrams, refused: before.refused + reading.traffic.sendFailures)
        evidence.receivedDatagrams = seen.received
        evidence.missedDatagrams = UInt64(copies.missed(reading.member, stream: reading.stream))
        evidence.lastSent = lastSent
        evidence.sentDatagrams = seen.sent
        evidence.refusedDatagrams = seen.refused
        evidence.refusal = reading.refusal?.reason ?? ""
        evidence.lastReceivedAnywhere = reading.lastHeardAnywhere
        evidence.unansweredDatagrams = reading.expectedReplies &- questionsWhenHeard
        evidence.window = windows.last10Seconds
        evidence.windowEnd = (folded + 1) * 1_000_000_000
        return evidence
    }
}
