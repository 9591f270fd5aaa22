// SPDX-License-Identifier: GPL-2.0-or-later

internal import DataPlane
internal import Quality
internal import Status

/// Follows one link or path second by second: folds what the data plane counts into its history, and tells whether it
/// does what it should.
struct Meter {
    /// What the data plane says of it now. Times are monotonic nanoseconds, 0 for never.
    struct Reading {
        var now: Int64
        /// When it joined the fan-out; another value than before means that it is another socket or path.
        var joined: Int64
        /// Its member and stream on the ``CopyBoard``.
        var member: Int
        var stream: Int
        var lastReceived: Int64
        /// What its socket or path has carried so far.
        var traffic: Traffic
        /// Whose figures those are; another value than before means that they have begun again at zero.
        var tenant: Int64 = 0
        /// When its peer was last heard over any link or path.
        var lastHeardAnywhere: Int64
        /// What the peer should have answered since the program or the session began.
        var questions: UInt64
    }

    private(set) var windows = QualityWindows()
    /// When its present state began, monotonic nanoseconds.
    private(set) var stateSince: Int64
    private var history: QualityHistory
    private var health: LinkHealth
    private var joined: Int64 = -1
    private var tenant: Int64 = -1
    /// The last second that is in the history.
    private var folded: Int64
    /// Traffic and sends as of the last fold.
    private var traffic = Traffic()
    private var lastSent: Int64 = 0
    /// Datagrams received by sockets before the present one, and by all of them.
    private var receivedBefore: UInt64 = 0
    private var receivedSeen: UInt64 = 0
    private var heardAnywhere: Int64 = 0
    private var questionsWhenHeard: UInt64 = 0

    var state: CarryingState { health.state }
    var reason: String { health.reason }

    init(_ observer: LinkHealth.Observer, now: Int64) {
        health = LinkHealth(observer)
        folded = Self.lastWhole(now)
        history = QualityHistory(since: folded)
        stateSince = now
    }

    /// The last second whose late copies are in.
    private static func lastWhole(_ now: Int64) -> Int64 { now / 1_000_000_000 - 1 - CopyBoard.lag }

    /// Reads what there is to know now.
    ///
    /// - Returns: the state it was in before, when it is in another one now.
    mutating func update(_ reading: Reading, _ copies: CopyBoard) -> CarryingState? {
        if reading.joined != joined {
            joined = reading.joined
            heardAnywhere = -1
            receivedBefore = 0
            receivedSeen = 0
            stateSince = reading.now
        }
        if reading.tenant != tenant {
            tenant = reading.tenant
            receivedBefore = receivedSeen
            traffic = Traffic()
        }
        fold(reading, copies)
        let before = health.state
        health.update(evidence(reading, copies))
        if health.state == before { return nil }
        stateSince = reading.now
        return before
    }

    /// The last 24 hours.
    ///
    /// - Parameter unixOffset: what to add to monotonic seconds to get seconds since 1970.
    func minutes(unixOffset: Int64) -> [QualityMinute] { history.minutes(at: folded, unixOffset: unixOffset) }

    private mutating func fold(_ reading: Reading, _ copies: CopyBoard) {
        let last = Self.lastWhole(reading.now)
        guard last > folded else { return }
        // Older bins are overwritten.
        for second in max(folded + 1, last - Int64(CopyBoard.bins) + 3)...last {
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
        sample.sentDatagrams = grown(\.sentDatagrams)
        sample.sentBytes = grown(\.sentBytes)
        if sample.sentDatagrams > 0 { lastSent = reading.now }
        traffic = now
    }

    private mutating func evidence(_ reading: Reading, _ copies: CopyBoard) -> LinkEvidence {
        if reading.lastHeardAnywhere != heardAnywhere {
            heardAnywhere = reading.lastHeardAnywhere
            questionsWhenHeard = reading.questions
        }
        var evidence = LinkEvidence(now: reading.now, joined: reading.joined)
        evidence.lastReceived = reading.lastReceived
        receivedSeen = receivedBefore + reading.traffic.receivedDatagrams
        evidence.receivedDatagrams = receivedSeen
        evidence.missedDatagrams = UInt64(copies.missed(reading.member, stream: reading.stream))
        evidence.lastSent = lastSent
        evidence.lastHeardAnywhere = reading.lastHeardAnywhere
        evidence.unansweredDatagrams = reading.questions &- questionsWhenHeard
        evidence.window = windows.last10Seconds
        evidence.windowEnd = (folded + 1) * 1_000_000_000
        return evidence
    }
}
