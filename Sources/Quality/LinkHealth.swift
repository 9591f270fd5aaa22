// SPDX-License-Identifier: GPL-2.0-or-later

public import Status

/// Determines the state of a link or path from ``LinkEvidence``: whether a link that should carry traffic does.
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
/// ``state`` is the current state. ``reportedState`` is the state to log and to notify about: it changes only at the
/// end of a recovery, so that an unstable link is not reported each time.
///
/// A silent link never becomes degraded directly: after a recovery the loss is evaluated once the whole window lies
/// behind it. Must be updated at least once a second while there is traffic; a link is then recognized as silent within
/// three seconds, and as blocked within two.
public struct LinkHealth: Hashable, Sendable {
    /// The program that observes the link.
    public enum Observer: Hashable, Sendable {
        /// The client. The server sends nothing over a link before it has received something over it.
        case client
        /// The server, which observes the paths of a session.
        case server
    }

    /// The cause of a state other than ``CarryingState/carrying``; while recovering, the cause of the state before.
    public enum Cause: Hashable, Sendable {
        /// Nothing is received over the link while others deliver.
        case missing
        /// Nothing is received over any link, although datagrams are sent.
        case unanswered
        /// The kernel refuses the datagrams to send.
        case refused
        /// Too many datagrams that others deliver are missing.
        case lossy
    }

    /// The time without a copy after which a link is silent: well above the delay between a slow and a fast link.
    static let missingNanoseconds: Int64 = 1_500_000_000
    static let missedDatagramsMin: UInt64 = 3
    /// The time without an answer after which a link is silent: WireGuard answers data within 10 s (KEEPALIVE_TIMEOUT);
    /// the rest allows for the round trip.
    static let unansweredNanoseconds: Int64 = 15_000_000_000
    static let unansweredDatagramsMin: UInt64 = 3
    /// The minimum number of refusals: fewer may have a short cause, such as a route that is being replaced.
    static let refusedDatagramsMin: UInt64 = 3
    static let refusedNanoseconds: Int64 = 1_000_000_000
    /// The percentage of refusals that counts as all: some datagrams may be counted as sent, but not yet as refused.
    static let refusedPercent: UInt64 = 90
    /// The time in which a new link is not judged, because the far end may not know it yet.
    static let youngNanoseconds: Int64 = 2_000_000_000
    static let recoveryDatagramsMin: UInt64 = 3
    /// The time without relapse after which a single copy is enough, as on a tunnel with keepalives only.
    static let calmNanoseconds: Int64 = 10_000_000_000
    /// The time after a recovery in which a link that becomes silent again counts as relapsed: its next recovery needs
    /// ``calmNanoseconds``.
    static let relapseNanoseconds: Int64 = 60_000_000_000
    static let degradedLossPercent = 5.0
    static let carryingLossPercent = 2.0
    static let expectedDatagramsMin = 50
    static let lossyEvaluationsMin = 2
    /// The time after which `degraded` ends without a new measurement.
    static let verdictNanoseconds: Int64 = 60_000_000_000

    /// The current state: `carrying`, `degraded`, `recovering`, `silent` or `blocked`.
    public private(set) var state = CarryingState.carrying
    /// The state to log and to notify about; never `recovering`.
    public private(set) var reportedState = CarryingState.carrying
    /// The cause of the state; nil while carrying.
    public private(set) var cause: Cause?
    public let observer: Observer
    /// The reason of the latest refusal.
    private(set) var refusal = ""

    private var joined: Int64?
    private var evaluated: Int64 = 0
    /// The time from which the link can be judged; nil while the far end cannot know it.
    private var usableSince: Int64?

    private var receivedSeen: Int64 = 0
    /// The time when the link began to miss datagrams; nil while none is missing.
    private var missingSince: Int64?
    private var heardSeen: Int64 = 0
    /// The time when an unanswered datagram was first seen; nil while there is none.
    private var unansweredSince: Int64?

    /// The counts of the previous update.
    private var sentSeen: UInt64 = 0
    private var refusedSeen: UInt64 = 0
    /// The time when the kernel began to refuse everything; nil while it accepts something.
    private var refusedSince: Int64?
    private var refusedInARow: UInt64 = 0
    /// The time when the link was last found blocked.
    private var lastBlocked: Int64 = 0

    private var recovered: Int64?
    /// True when the link failed soon after a recovery.
    private var hasRelapsed = false
    /// The count of ``good(_:for:)`` at the last update that confirmed the failure.
    private var goodWhenFallen: UInt64 = 0
    /// The time of the first good datagram after the failure.
    private var calmSince: Int64?

    private var windowSeen: Int64 = 0
    private var lossyEvaluations = 0
    /// The time when loss was last measured on enough datagrams.
    private var measured: Int64 = 0

    public init(_ observer: Observer) { self.observer = observer }

    public mutating func update(_ evidence: LinkEvidence) {
        if evidence.joined != joined {
            self = LinkHealth(observer)
            joined = evidence.joined
            evaluated = evidence.joined
            (sentSeen, refusedSeen) = (evidence.sentDatagrams, evidence.refusedDatagrams)
        }
        // All are evaluated, because each one updates its state.
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
        if state != .recovering { reportedState = state }
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
        if evidence.lastReceivedAnywhere != heardSeen || evidence.unansweredDatagrams == 0 { unansweredSince = nil }
        heardSeen = evidence.lastReceivedAnywhere
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

    /// Returns the number of datagrams that contradict a cause: those received, or those that the kernel accepted.
    private static func good(_ evidence: LinkEvidence, for cause: Cause?) -> UInt64 {
        guard cause == .refused else { return evidence.receivedDatagrams }
        return evidence.sentDatagrams - min(evidence.refusedDatagrams, evidence.sentDatagrams)
    }

    private mutating func recover(_ evidence: LinkEvidence) {
        // An answer has come over another link.
        if cause == .unanswered, evidence.missedDatagrams > 0 { cause = .missing }
        let good = Self.good(evidence, for: cause)
        // No recovery while the kernel refuses everything again, even if not for long yet.
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

    /// Returns true when the window has enough datagrams and covers no time in which the link was silent or new.
    private func isJudgeable(_ evidence: LinkEvidence) -> Bool {
        guard let usableSince, evidence.window.expectedDatagrams >= Self.expectedDatagramsMin else { return false }
        let begin = evidence.windowEnd - Int64(evidence.window.windowSeconds) * 1_000_000_000
        return begin >= max(usableSince + Self.youngNanoseconds, recovered ?? 0)
    }
}
