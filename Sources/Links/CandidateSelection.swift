// SPDX-License-Identifier: GPL-2.0-or-later

internal import Sockets

/// The pair of addresses that a link uses, and what to try when nothing comes back. Pure: times are handed in, in
/// nanoseconds of one monotonic clock.
///
///     candidates change ─► update ─► the pair to use
///     once a second     ─► attempt ─► another pair, or the same from another source port
///
/// A pair that answers becomes the link's *home*. A link whose home falls silent tries it from another port, then
/// another pair, then home again, and so on with growing pauses: the way back may be open at any time, and home is
/// where it was. A link that no pair has answered yet goes through all of them.
public struct CandidateSelection: Hashable, Sendable {
    /// What is known of the link at one moment.
    public struct Evidence: Hashable, Sendable {
        public var now: Int64
        /// When something last came over the link; 0 for never.
        public var lastReceived: Int64
        /// Whether the link's quality is judged to be silent.
        public var isSilent: Bool
        /// Datagrams sent so far that WireGuard answers.
        public var questions: UInt64

        public init(now: Int64, lastReceived: Int64, isSilent: Bool, questions: UInt64) {
            self.now = now
            self.lastReceived = lastReceived
            self.isSilent = isSilent
            self.questions = questions
        }
    }

    /// A pair to go on with.
    public struct Attempt: Hashable, Sendable {
        public var pair: CandidatePair
        /// Whether it wants a socket with another source port: routers on the way may have a state for the old one
        /// that swallows everything, and that our own datagrams keep alive.
        public var needsNewPort: Bool

        public init(_ pair: CandidatePair, needsNewPort: Bool) {
            self.pair = pair
            self.needsNewPort = needsNewPort
        }
    }

    private static let second: Int64 = 1_000_000_000
    /// Before a pair that has not answered is left: two round trips over a satellite, and some patience for a server.
    private static let unansweredSeconds: Int64 = 3
    /// Before home is tried from another port.
    private static let homeSeconds: Int64 = 5
    /// The longest pause, on a link with one pair.
    private static let pauseSecondsMax: Int64 = 300
    /// The same on a link with several, at home.
    private static let homeSecondsMax: Int64 = 60
    /// The longest stay at another pair: home may be back meanwhile.
    private static let awaySecondsMax: Int64 = 12
    /// The longest stay at a pair as long as none has answered.
    private static let searchSecondsMax: Int64 = 24

    /// The pair in use; nil before the first ``update(_:now:lastReceived:)``.
    public private(set) var pair: CandidatePair?
    private var candidates: [CandidatePair] = []
    /// When the pair came into use.
    private var chosenAt: Int64 = 0
    /// The best source address for its destination then.
    private var preferredSource: IPAddress?
    /// The pair that answered last on this link.
    private var answered: CandidatePair?

    /// Attempts since something came last.
    private var attempts = 0
    /// The next of the other pairs.
    private var cursor = 0
    private var questionsSeen: UInt64?
    /// When the present pair began to bring nothing; nil while it is well or unused.
    private var troubledSince: Int64?

    public init() {}

    // MARK: What may be used changes

    /// Takes in the pairs that may be used, best first and at least one, and returns the one to use.
    ///
    /// The pair in use stays while it is among them, unless the kernel prefers another source address than before, or
    /// a better pair has turned up and this one has not answered.
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

    /// Whether the pair in use has brought something, given when the link last did.
    public func hasAnswered(_ lastReceived: Int64) -> Bool { pair != nil && lastReceived > chosenAt }

    /// Notes an answer over the pair in use.
    private mutating func note(_ lastReceived: Int64) {
        if hasAnswered(lastReceived) { answered = pair }
    }

    // MARK: Nothing comes back

    /// Returns what to try now, or nil to go on as it is. To be asked about once a second while the link carries.
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

    /// Whether the link is silent, or the pair is new and has not answered a question.
    private mutating func isTroubled(_ evidence: Evidence) -> Bool {
        if hasAnswered(evidence.lastReceived) { return evidence.isSilent }
        guard let questionsSeen else {
            questionsSeen = evidence.questions
            return evidence.isSilent
        }
        return evidence.isSilent || evidence.questions > questionsSeen
    }

    /// Where the link was well, or its best pair when it never was.
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
