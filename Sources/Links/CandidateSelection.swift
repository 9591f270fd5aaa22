// SPDX-License-Identifier: GPL-2.0-or-later

internal import Sockets

/// Selects the pair of addresses that a link uses, and the next one to try when nothing is received. It has no side
/// effects: times are parameters, in nanoseconds of one monotonic clock.
///
///     candidates change ─► update ─► the pair to use
///     once a second     ─► attempt ─► another pair, or the same from another source port
///
/// A pair that answers becomes the link's *home*. When home becomes silent, the link tries it from another port, then
/// another pair, then home again, and so on with growing pauses, because home is the most likely to work again. A link
/// without an answer so far tries all pairs in turn.
public struct CandidateSelection: Hashable, Sendable {
    /// The measurements of the link at one moment.
    public struct Evidence: Hashable, Sendable {
        public var now: Int64
        /// The time of the last datagram received over the link; 0 for never.
        public var lastReceived: Int64
        /// True when the state of the link is silent.
        public var isSilent: Bool
        /// The number of datagrams sent so far that WireGuard answers.
        public var questions: UInt64

        public init(now: Int64, lastReceived: Int64, isSilent: Bool, questions: UInt64) {
            self.now = now
            self.lastReceived = lastReceived
            self.isSilent = isSilent
            self.questions = questions
        }
    }

    /// The next pair to try.
    public struct Attempt: Hashable, Sendable {
        public var pair: CandidatePair
        /// True when a new source port is needed: a router on the path may have a broken connection state for the old
        /// port, which our own datagrams keep alive.
        public var needsNewPort: Bool

        public init(_ pair: CandidatePair, needsNewPort: Bool) {
            self.pair = pair
            self.needsNewPort = needsNewPort
        }
    }

    private static let second: Int64 = 1_000_000_000
    /// The time after which a pair that has not answered is given up: two round trips over a satellite, and a margin
    /// for the server.
    private static let unansweredSeconds: Int64 = 3
    /// The time after which home is tried from another port.
    private static let homeSeconds: Int64 = 5
    /// The longest pause on a link with one pair.
    private static let pauseSecondsMax: Int64 = 300
    /// The longest pause at home on a link with several pairs.
    private static let homeSecondsMax: Int64 = 60
    /// The longest pause at another pair, because home may work again.
    private static let awaySecondsMax: Int64 = 12
    /// The longest pause at a pair while none has answered.
    private static let searchSecondsMax: Int64 = 24

    /// The pair in use; nil before the first ``update(_:now:lastReceived:)``.
    public private(set) var pair: CandidatePair?
    private var candidates: [CandidatePair] = []
    /// The time since which the pair is in use.
    private var chosenAt: Int64 = 0
    /// The best source address for its destination at that time.
    private var preferredSource: IPAddress?
    /// The latest pair that answered.
    private var answered: CandidatePair?

    /// The number of attempts since the last datagram received.
    private var attempts = 0
    /// The index of the next of the other pairs.
    private var cursor = 0
    private var questionsSeen: UInt64?
    /// The time when the current pair began to fail; nil while it works or is unused.
    private var troubledSince: Int64?

    public init() {}

    // MARK: Candidates

    /// Sets the candidates, best first and at least one, and returns the pair to use.
    ///
    /// The current pair stays while it is a candidate, unless the kernel prefers another source address than before, or
    /// there is a new better pair and the current one has not answered.
    public mutating func update(_ candidates: [CandidatePair], now: Int64, lastReceived: Int64) -> CandidatePair {
        note(lastReceived)
        let best = candidates[0]
        let bestBefore = self.candidates.first
        self.candidates = candidates
        guard let pair, candidates.contains(pair) else {
            begin(with: best, now)
            return best
        }
        let source = bestSource(for: pair.destination)
        if source != preferredSource {
            let moved = CandidatePair(source: source ?? pair.source, destination: pair.destination)
            begin(with: moved, now)
            return moved
        }
        if best != bestBefore, answered != pair {
            begin(with: best, now)
            return best
        }
        return pair
    }

    private mutating func begin(with pair: CandidatePair, _ now: Int64) {
        attempts = 0
        cursor = 0
        use(pair, now)
    }

    private mutating func use(_ pair: CandidatePair, _ now: Int64) {
        self.pair = pair
        chosenAt = now
        preferredSource = bestSource(for: pair.destination)
        questionsSeen = nil
        troubledSince = nil
    }

    private func bestSource(for destination: SocketAddress) -> IPAddress? {
        candidates.first { $0.destination == destination }?.source
    }

    /// Returns true when the current pair has received something, given the time of the link's last datagram.
    public func hasAnswered(_ lastReceived: Int64) -> Bool { pair != nil && lastReceived > chosenAt }

    /// Records an answer over the current pair.
    private mutating func note(_ lastReceived: Int64) {
        if hasAnswered(lastReceived) { answered = pair }
    }

    // MARK: Attempts

    /// Returns the next attempt, or nil to keep the current pair. Must be called about once a second while the link
    /// carries traffic.
    public mutating func attempt(_ evidence: Evidence) -> Attempt? {
        guard let pair else { return nil }
        note(evidence.lastReceived)
        guard isTroubled(evidence) else {
            troubledSince = nil
            if answered == pair, !evidence.isSilent { attempts = 0 }
            return nil
        }
        let since = troubledSince ?? evidence.now
        troubledSince = since
        guard evidence.now - since >= pause(at: pair) else { return nil }
        let next = next(after: pair)
        attempts += 1
        use(next.pair, evidence.now)
        return next
    }

    /// Returns true when the link is silent, or its new pair has not answered.
    private mutating func isTroubled(_ evidence: Evidence) -> Bool {
        if hasAnswered(evidence.lastReceived) { return evidence.isSilent }
        guard let questionsSeen else {
            questionsSeen = evidence.questions
            return evidence.isSilent
        }
        return evidence.isSilent || evidence.questions > questionsSeen
    }

    /// The pair that answered last, or the best one when none has.
    private var home: CandidatePair { answered.flatMap { candidates.contains($0) ? $0 : nil } ?? candidates[0] }

    private var others: [CandidatePair] { candidates.filter { $0 != home } }

    private func pause(at pair: CandidatePair) -> Int64 {
        let exponent = Int64(min(attempts / 2, 10))
        let seconds: Int64 =
            if others.isEmpty {
                min(Self.homeSeconds << exponent, Self.pauseSecondsMax)
            } else if answered == nil {
                min(Self.unansweredSeconds << exponent, Self.searchSecondsMax)
            } else if pair == home {
                min(Self.homeSeconds << exponent, Self.homeSecondsMax)
            } else {
                min(Self.unansweredSeconds << exponent, Self.awaySecondsMax)
            }
        return seconds * Self.second
    }

    private mutating func next(after pair: CandidatePair) -> Attempt {
        let (home, others) = (home, others)
        let isHome = pair == home
        let goesAway = answered == nil ? cursor % (others.count + 1) < others.count : isHome && attempts % 2 == 1
        guard goesAway, !others.isEmpty else {
            if answered == nil { cursor += 1 }
            return Attempt(home, needsNewPort: true)
        }
        defer { cursor += 1 }
        return Attempt(others[cursor % (answered == nil ? others.count + 1 : others.count)], needsNewPort: false)
    }
}
