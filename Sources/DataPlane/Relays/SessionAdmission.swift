// SPDX-License-Identifier: GPL-2.0-or-later

internal import CShims.Socket
internal import Sockets
internal import WireGuardWire

/// Decides which addresses may become paths, and of which session; what they may send to WireGuard until it answers them.
///
///     unknown address ─┬─ brings a copy of what a session just sent ──► joins that session
///                      ├─ was its client's before it fell silent ─────► joins it again
///                      └─ anything else WireGuard might accept ───────► a pending session, until WireGuard answers
///
/// A receiver index alone proves nothing, because it is sent in clear.
struct SessionAdmission: ~Copyable {
    private let counters: Counters
    private let verifier: InitiationVerifier?
    /// Datagrams that unanswered sessions of each rank may still forward in this period, and when it began.
    private var plainAllowance = 0
    private var informedAllowance = 0
    private var allowanceSince = Int64.min / 2

    /// - Parameter verifier: knows WireGuard's public key, where the file names it.
    init(counters: Counters, verifier: InitiationVerifier?) {
        self.counters = counters
        self.verifier = verifier
    }

    // MARK: Unknown addresses

    /// Returns the path that an unknown source gets for this message, or nil when it gets none, which is counted.
    ///
    /// - Parameters:
    ///   - tag: the tag of the session that the duplicate window has the message of, nil when it is not there.
    @inline(never)
    @_noLocks
    mutating func admit(
        _ packet: ReceivedPacket, _ message: Message, _ segment: iovec, tag: UInt32?, _ sessions: inout ServerSessions,
        _ now: Int64
    ) -> PathIndex? {
        if let former = sessions.lastKnown.session(of: packet.source),
            sessions.receivers.session(of: message.receiver) == former
        {
            guard let path = join(packet, to: former, &sessions, now) else { return nil }
            sessions.revive(path)
            return path
        }
        if let tag, let owner = sessions.table.session(tagged: tag) { return join(packet, to: owner, &sessions, now) }
        guard let rank = unsafe rank(message, segment, &sessions) else { return nil }
        if let silent = sessions.silentSession(of: packet.source), case .initiation = message.kind {
            return join(packet, to: silent, &sessions, now)
        }
        guard let session = openSession(rank, &sessions, now) else { return nil }
        guard let path = join(packet, to: session, &sessions, now) else {
            sessions.close(session)
            return nil
        }
        begin(session, with: path, message, &sessions)
        return path
    }

    // MARK: Known paths

    /// The client a datagram is from that no other path has brought.
    enum Owner: BitwiseCopyable {
        /// The session its path is in now.
        case session
        /// Another one, though the path is not that one's.
        case stranger(SessionIndex)
        /// It cannot be told for want of room, which is counted.
        case nobody
    }

    /// Finds out which client a datagram is from that no other path has brought.
    ///
    /// In three cases the path leaves its session for a pending one of its own, with an upstream socket on which WireGuard
    /// can confirm it: a member that is pending, where all validated ones are silent, or that shakes hands; and one that
    /// brings another client's or nobody's data and nothing of its own any more, so that its address belongs to another
    /// client now. A validated member's handshake is taken for its session's.
    @_noLocks
    mutating func owner(
        of message: Message, by path: PathIndex, _ sessions: inout ServerSessions, _ now: Int64
    ) -> Owner {
        guard let former = sessions.paths[path].session, sessions.table[former].isValidated else { return .session }
        let known = sessions.receivers.session(of: message.receiver)
        if case .initiation = message.kind {
            if sessions.paths[path].isValidated || sessions.isLastKnownOfSilent(path) { return .session }
        } else if known == former {
            sessions.paths[path].ownLastReceived = now
            sessions.revive(path)
            if sessions.paths[path].isValidated || hasConfirmer(former, &sessions, now) { return .session }
        } else if !sessions.isAbandoned(path, now) {
            if let known { return .stranger(known) }
            return .session
        }
        guard let session = openSession(.informed, &sessions, now) else { return known == former ? .session : .nobody }
        sessions.leave(path)
        sessions.nextExpiry = now  // the session it leaves may be empty now
        sessions.enter(path, session, now)
        begin(session, with: path, message, &sessions)
        return .session
    }

    /// Whether a validated member is there to show that another's datagrams are authentic.
    @_noLocks
    private func hasConfirmer(_ session: SessionIndex, _ sessions: inout ServerSessions, _ now: Int64) -> Bool {
        var members = sessions.table[session].validatedMembers
        while members != 0 {
            let other = sessions.table.member(session, members.trailingZeroBitCount)
            members &= members - 1
            if now - sessions.paths[other].lastReceived < Limits.muteNanoseconds { return true }
        }
        return false
    }

    // MARK: Pending sessions

    /// Notes what a session begins with.
    @_noLocks
    private func begin(
        _ session: SessionIndex, with path: PathIndex, _ message: Message, _ sessions: inout ServerSessions
    ) {
        sessions.table[session].opener = sessions.paths[path].ordinal
        if case .initiation = message.kind {
            sessions.table[session].initiation = message.sender
        } else {
            sessions.table[session].notePending(receiver: message.receiver)
        }
    }

    /// Returns how much an unknown source's message is worth; nil when it is worth nothing, which is counted.
    @_noLocks
    private func rank(_ message: Message, _ segment: iovec, _ sessions: inout ServerSessions) -> Session.Rank? {
        var isKnown = false
        if case .some = sessions.receivers.session(of: message.receiver) { isKnown = true }
        switch message.kind {
        case .initiation:
            guard case .some(let verifier) = verifier else { return .plain }
            if unsafe verifier.verifies(segment.iov_base, length: segment.iov_len, kind: message.kind) { return .informed }
            counters.add(.wrongMac, 1)
            return nil
        case .data: return isKnown ? .informed : .plain
        case .response, .cookieReply:
            if isKnown { return .informed }
            counters.add(.unknownReceiver, 1)
            return nil
        case .foreign: return nil
        }
    }

    /// Opens a pending session; nil when neither a place is free nor one can be taken, which is counted.
    @inline(never)
    @_noLocks
    private func openSession(_ rank: Session.Rank, _ sessions: inout ServerSessions, _ now: Int64) -> SessionIndex? {
        if sessions.table.pendingCount >= Limits.pendingSessions {
            guard let weakest = weakestPending(against: rank, keeping: nil, &sessions, now) else {
                counters.add(.tooManyClaims, 1)
                return nil
            }
            sessions.close(weakest)
        }
        guard sessions.table.freeSlotCount > 0 else {
            counters.add(.noUpstream, 1)
            return nil
        }
        let session = sessions.table.open(rank, now: now)
        sessions.statistics.copies.begin(stream: session.position)
        sessions.statistics.sessions.publish(session, sessions.table[session])
        sessions.nextExpiry = min(sessions.nextExpiry, now + Limits.pendingNanoseconds)
        return session
    }

    /// Returns the pending session that gives way to one of this rank: the oldest of a lower rank, else the oldest of the
    /// same that has had its time.
    @inline(never)
    @_noLocks
    private func weakestPending(
        against rank: Session.Rank, keeping kept: SessionIndex?, _ sessions: inout ServerSessions, _ now: Int64
    ) -> SessionIndex? {
        var weakest: SessionIndex?
        var (weakestSince, isLighter) = (Int64.max, false)
        for position in sessions.table.validatedCount..<sessions.table.count {
            let index = sessions.table.live(position)
            let (otherRank, since) = (sessions.table[index].rank, sessions.table[index].since)
            if kept == index || rank.isBelow(otherRank) { continue }
            let lighter = otherRank.isBelow(rank)
            if !lighter && (isLighter || now - since < Limits.pendingGraceNanoseconds) { continue }
            if lighter != isLighter || since < weakestSince {
                weakest = index
                (weakestSince, isLighter) = (since, lighter)
            }
        }
        return weakest
    }

    /// Makes a packet's source a member of a session. Returns nil when there is no room, which is counted.
    @_noLocks
    private func join(
        _ packet: ReceivedPacket, to session: SessionIndex, _ sessions: inout ServerSessions, _ now: Int64
    ) -> PathIndex? {
        guard sessions.makeRoom(in: session, now) else {
            counters.add(.sessionPathsFull, 1)
            return nil
        }
        if sessions.paths.count == sessions.paths.capacity {
            // Pending sessions may have many paths each: they give way as they do where there are too many of them.
            let rank = sessions.table[session].isValidated ? Session.Rank.informed : sessions.table[session].rank
            if let weakest = weakestPending(against: rank, keeping: session, &sessions, now) { sessions.close(weakest) }
        }
        guard let path = sessions.paths.insert(packet.source, at: now, local: packet.local) else {
            counters.add(.pathTableFull, 1)
            return nil
        }
        sessions.statistics.paths.publish(path, packet.source, since: now)
        sessions.nextExpiry = min(sessions.nextExpiry, now + sessions.table.limits.pathTimeoutNanoseconds)
        sessions.enter(path, session, now)
        return path
    }

    // MARK: Allowances

    /// Whether an unanswered session of this rank may forward another datagram now; else it is counted.
    @_noLocks
    mutating func spendAllowance(_ rank: Session.Rank, _ now: Int64) -> Bool {
        if now - allowanceSince >= Limits.allowanceNanoseconds {
            allowanceSince = now
            plainAllowance = Limits.plainAllowance
            informedAllowance = Limits.informedAllowance
        }
        switch rank {
        case .plain where plainAllowance > 0: plainAllowance -= 1
        case .informed where informedAllowance > 0: informedAllowance -= 1
        default:
            counters.add(.claimAllowance, 1)
            return false
        }
        return true
    }

    /// Notes that WireGuard has answered a session: what it forwarded does not count against those who come after, so real
    /// clients, however many come at once, wait for nothing but WireGuard.
    @_noLocks
    mutating func regainAllowance(_ rank: Session.Rank) {
        switch rank {
        case .plain: plainAllowance = min(plainAllowance + 1, Limits.plainAllowance)
        case .informed: informedAllowance = min(informedAllowance + 1, Limits.informedAllowance)
        }
    }
}
