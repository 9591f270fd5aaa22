// SPDX-License-Identifier: GPL-2.0-or-later

public import Status

/// Tells whether a link or path that should carry does: "you think you have three links, you have one".
///
///     carrying   → silent      nothing for 1.5 s while others delivered three datagrams
///     degraded   → silent      or nothing over any link for 15 s though three were sent that want an answer
///     carrying   → blocked     the kernel refuses three datagrams in a row, for a second and longer
///     silent     → recovering  a copy came
///     blocked    → recovering  the kernel took a datagram
///     recovering → carrying    with the third; or, soon after the last recovery, after ten seconds without relapse
///     recovering → silent      as from carrying; so does blocked
///     carrying   → degraded    5 % lost over ten seconds, twice in a row
///     degraded   → carrying    less than 2 % lost, or for a minute too little traffic to tell
///
/// ``state`` is what the link does now. ``alarm`` is what people are told of: it is the same, but waits for the end of
/// a recovery, so that a link that comes and goes is not told of each time.
///
/// From silent there is no way to degraded: after a recovery loss is judged once the whole window lies behind it.
/// To be updated once a second or more often while there is traffic; a link is then found silent within three seconds, and blocked
/// within two. The words of ``reason`` stay as long as the cause does, so whoever wants changes compares states.
public struct LinkHealth: Hashable, Sendable {
    /// Whose link it is.
    public enum Observer: Hashable, Sendable {
        /// A link of the client. The server knows no path, and sends nothing, before something was sent there.
        case client
        /// A path of a session.
        case server
    }

    /// Why the state is not ``CarryingState/carrying``; while recovering, why it was not before.
    public enum Cause: Hashable, Sendable {
        /// Brings nothing while others deliver.
        case missing
        /// Nothing comes over any link, though we send.
        case unanswered
        /// The kernel refuses what we send.
        case refused
        /// Misses too many of what others bring.
        case lossy
    }

    /// Well beyond what a slow link is behind a fast one.
    static let missingNanoseconds: Int64 = 1_500_000_000
    static let missedDatagramsMin: UInt64 = 3
    /// WireGuard answers data after 10 s if it has nothing else to say (KEEPALIVE_TIMEOUT); the rest is the way.
    static let unansweredNanoseconds: Int64 = 15_000_000_000
    static let unansweredDatagramsMin: UInt64 = 3
    /// Fewer refusals may be the kernel's answer to one short event, such as a route that is replaced.
    static let refusedDatagramsMin: UInt64 = 3
    static let refusedNanoseconds: Int64 = 1_000_000_000
    /// Of a second's datagrams, so many refused are all: some may have been counted as sent and not yet as refused.
    static let refusedPercent: UInt64 = 90
    /// For the first round trips, in which the far end does not know the link yet.
    static let youngNanoseconds: Int64 = 2_000_000_000
    static let recoveryDatagramsMin: UInt64 = 3
    /// After this long without relapse a single copy is enough, as on a tunnel that only keeps itself alive.
    static let calmNanoseconds: Int64 = 10_000_000_000
    /// A link that falls silent again this soon after a recovery has to be calm for its next one.
    static let relapseNanoseconds: Int64 = 60_000_000_000
    static let degradedLossPercent = 5.0
    static let carryingLossPercent = 2.0
    static let expectedDatagramsMin = 50
    static let lossyEvaluationsMin = 2
    /// A verdict about loss that nothing has confirmed for so long is dropped.
    static let verdictNanoseconds: Int64 = 60_000_000_000

    /// `carrying`, `degraded`, `recovering`, `silent` or `blocked`.
    public private(set) var state = CarryingState.carrying
    /// What people are told of; never `recovering`.
    public private(set) var alarm = CarryingState.carrying
    /// Nil while carrying.
    public private(set) var cause: Cause?
    public let observer: Observer
    /// Why the kernel refuses what we send, in words; of the latest refusal.
    private(set) var refusal = ""

    private var joined: Int64?
    private var evaluated: Int64 = 0
    /// From when on it can be blamed; nil while the far end cannot know it.
    private var usableSince: Int64?

    private var receivedSeen: Int64 = 0
    /// When it began to miss datagrams; nil while it misses none.
    private var missingSince: Int64?
    private var heardSeen: Int64 = 0
    /// When a datagram was first seen unanswered; nil while there is none.
    private var unansweredSince: Int64?

    /// Of the evaluation before.
    private var sentSeen: UInt64 = 0
    private var refusedSeen: UInt64 = 0
    /// When the kernel began to refuse everything; nil while it takes something.
    private var refusedSince: Int64?
    private var refusedInARow: UInt64 = 0
    /// When it was last found blocked.
    private var lastBlocked: Int64 = 0

    private var recovered: Int64?
    /// Whether it fell soon after it had recovered.
    private var hasRelapsed = false
    /// What it had brought (or, when blocked, what the kernel had taken) when it last deserved the state it fell to.
    private var goodWhenFallen: UInt64 = 0
    /// When it first brought something since.
    private var calmSince: Int64?

    private var windowSeen: Int64 = 0
    private var lossyEvaluations = 0
    /// When loss was last measured on enough datagrams.
    private var measured: Int64 = 0

    public init(_ observer: Observer) { self.observer = observer }

    public mutating func update(_ evidence: LinkEvidence) {
        if evidence.joined != joined {
            self = LinkHealth(observer)
            joined = evidence.joined
            evaluated = evidence.joined
            (sentSeen, refusedSeen) = (evidence.sentDatagrams, evidence.refusedDatagrams)
        }
        // All are asked: each remembers what it saw.
        let blocked = isBlocked(evidence)
        noteUse(evidence)
        let missing = isMissing(evidence)
        let unanswered = isUnanswered(evidence)
        if blocked {
            refusal = evidence.refusal
            fall(to: .blocked, .refused, evidence)
        } else if missing || unanswered {
            fall(to: .silent, unanswered ? .unanswered : .missing, evidence)
        } else if state == .carrying || state == .degraded {
            judgeLoss(evidence)
        } else {
            recover(evidence)
        }
        if state != .recovering { alarm = state }
        evaluated = evidence.now
    }

    private mutating func become(_ state: CarryingState, _ cause: Cause?) {
        self.state = state
        self.cause = cause
        lossyEvaluations = 0
    }

    private mutating func noteUse(_ evidence: LinkEvidence) {
        guard usableSince == nil else { return }
        switch observer {
        case .client:
            if evidence.lastSent > 0 { usableSince = max(evidence.lastSent, evidence.joined, lastBlocked) }
        case .server: usableSince = evidence.joined
        }
    }

    // MARK: Blocked

    private mutating func isBlocked(_ evidence: LinkEvidence) -> Bool {
        let sent = evidence.sentDatagrams - min(sentSeen, evidence.sentDatagrams)
        let refused = evidence.refusedDatagrams - min(refusedSeen, evidence.refusedDatagrams)
        (sentSeen, refusedSeen) = (evidence.sentDatagrams, evidence.refusedDatagrams)
        if refused > 0, refused * 100 >= sent * Self.refusedPercent {
            refusedSince = refusedSince ?? evaluated
            refusedInARow += refused
        } else if sent > 0 {
            refusedSince = nil
            refusedInARow = 0
        }
        guard let refusedSince, refusedInARow >= Self.refusedDatagramsMin,
            evidence.now - refusedSince >= Self.refusedNanoseconds
        else { return false }
        lastBlocked = evidence.now
        // The server cannot know a link over which it is sent nothing.
        if observer == .client { usableSince = nil }
        return true
    }

    // MARK: Silent

    private mutating func isMissing(_ evidence: LinkEvidence) -> Bool {
        if evidence.lastReceived != receivedSeen || evidence.missedDatagrams == 0 { missingSince = nil }
        receivedSeen = evidence.lastReceived
        guard evidence.missedDatagrams > 0 else { return false }
        guard let missingSince else {
            // Amid traffic it began right after the last copy. After a rest that is long past, and others may just
            // have been a little faster.
            missingSince = evidence.lastReceived > evaluated ? evidence.lastReceived : evidence.now
            return false
        }
        return evidence.missedDatagrams >= Self.missedDatagramsMin
            && evidence.now - missingSince >= Self.missingNanoseconds
            && isUsable(for: Self.youngNanoseconds, evidence)
    }

    private mutating func isUnanswered(_ evidence: LinkEvidence) -> Bool {
        if evidence.lastHeardAnywhere != heardSeen || evidence.unansweredDatagrams == 0 { unansweredSince = nil }
        heardSeen = evidence.lastHeardAnywhere
        guard evidence.unansweredDatagrams > 0 else { return false }
        let since = unansweredSince ?? evidence.now
        unansweredSince = since
        return evidence.unansweredDatagrams >= Self.unansweredDatagramsMin
            && evidence.now - since >= Self.unansweredNanoseconds
            && evidence.lastSent > 0 && isUsable(for: Self.unansweredNanoseconds, evidence)
    }

    private func isUsable(for nanoseconds: Int64, _ evidence: LinkEvidence) -> Bool {
        usableSince.map { evidence.now - $0 >= nanoseconds } ?? false
    }

    private mutating func fall(to fallen: CarryingState, _ cause: Cause, _ evidence: LinkEvidence) {
        if state == .carrying || state == .degraded {
            hasRelapsed = recovered.map { evidence.now - $0 < Self.relapseNanoseconds } ?? false
        }
        goodWhenFallen = Self.good(evidence, for: cause)
        calmSince = nil
        become(fallen, cause)
    }

    /// Datagrams that speak against this cause.
    private static func good(_ evidence: LinkEvidence, for cause: Cause?) -> UInt64 {
        guard cause == .refused else { return evidence.receivedDatagrams }
        return evidence.sentDatagrams - min(evidence.refusedDatagrams, evidence.sentDatagrams)
    }

    private mutating func recover(_ evidence: LinkEvidence) {
        // Somebody has answered, and over another link.
        if cause == .unanswered, evidence.missedDatagrams > 0 { cause = .missing }
        let good = Self.good(evidence, for: cause)
        // While the kernel refuses everything again, though not yet for long, there is nothing to watch.
        guard good > goodWhenFallen, cause != .refused || refusedSince == nil else { return }
        let since = calmSince ?? evidence.now
        calmSince = since
        let isEnough = good - goodWhenFallen >= Self.recoveryDatagramsMin && !hasRelapsed
        if isEnough || evidence.now - since >= Self.calmNanoseconds {
            recovered = evidence.now
            become(.carrying, nil)
        } else {
            become(.recovering, cause)
        }
    }

    // MARK: Degraded

    private mutating func judgeLoss(_ evidence: LinkEvidence) {
        if state == .degraded, evidence.now - measured >= Self.verdictNanoseconds { become(.carrying, nil) }
        // The same window must not count twice.
        guard evidence.windowEnd > windowSeen else { return }
        windowSeen = evidence.windowEnd
        guard isJudgeable(evidence), let loss = evidence.window.lossPercent else {
            lossyEvaluations = 0
            return
        }
        measured = evidence.now
        lossyEvaluations = loss >= Self.degradedLossPercent ? lossyEvaluations + 1 : 0
        switch state {
        case .degraded where loss < Self.carryingLossPercent: become(.carrying, nil)
        case .carrying where lossyEvaluations >= Self.lossyEvaluationsMin: become(.degraded, .lossy)
        default: break
        }
    }

    /// Whether the window says enough, and nothing about the time when the link was silent or new.
    private func isJudgeable(_ evidence: LinkEvidence) -> Bool {
        guard let usableSince, evidence.window.expectedDatagrams >= Self.expectedDatagramsMin else { return false }
        let begin = evidence.windowEnd - Int64(evidence.window.windowSeconds) * 1_000_000_000
        return begin >= max(usableSince + Self.youngNanoseconds, recovered ?? 0)
    }
}
