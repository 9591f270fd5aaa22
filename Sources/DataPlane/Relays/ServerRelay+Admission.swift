// SPDX-License-Identifier: GPL-2.0-or-later

internal import CShims.Socket
internal import Sockets
internal import WireGuardWire

extension ServerRelay {
    /// The path an unknown source gets for this message, or -1 when it gets none, which is counted.
    ///
    /// A copy of what a session has just sent joins that session, and so does what comes from where its client was before
    /// it fell silent, with an index of its or with a handshake. Anything else opens a provisional session with an
    /// upstream socket of its own, on which WireGuard will say whether it was authentic; a receiver index alone proves
    /// nothing, because it is sent in clear.
    ///
    /// - Parameter entry: where the duplicate window has the message, or -1.
    @_noLocks
    mutating func admit(
        _ packet: ReceivedPacket, _ message: Message, _ segment: iovec, _ entry: Int, _ now: Int64
    ) -> Int32 {
        let former = lastKnown.session(of: packet.source)
        if former >= 0 && receivers.session(of: message.receiver) == former {
            let path = join(packet, to: former, now)
            if path >= 0 { revive(path) }
            return path
        }
        if entry >= 0 {
            let owner = sessions.session(tagged: window.owner(entry))
            guard owner >= 0 else { return -1 }
            return join(packet, to: owner, now)
        }
        guard let rank = unsafe rank(message, segment) else { return -1 }
        let silent = silentSession(of: packet.source)
        if silent >= 0, case .initiation = message.kind { return join(packet, to: silent, now) }
        let session = openSession(rank, now)
        guard session >= 0 else { return -1 }
        let path = join(packet, to: session, now)
        if path < 0 {
            close(session)
            return -1
        }
        begin(session, with: path, message)
        return path
    }

    /// Whom a datagram that no other path has brought is from.
    enum Owner: BitwiseCopyable {
        /// The session its path is in now.
        case session
        /// Another one, though the path is not that one's.
        case stranger(Int32)
        /// It cannot be told for want of room, which is counted.
        case nobody
    }

    /// Finds out whom a datagram is from that no other path has brought.
    ///
    /// In three cases the path leaves its session and claims the client for itself, with an upstream socket on which
    /// WireGuard can confirm it: a member that is not proven, where all proven ones are silent, or that shakes hands; and
    /// one that brings another client's or nobody's data and nothing of its own any more, so that its address has changed
    /// hands. A proven member's handshake is taken for its session's.
    @_noLocks
    mutating func owner(of message: Message, by path: Int32, _ now: Int64) -> Owner {
        let former = unsafe paths[path].pointee.session
        guard unsafe sessions[former].pointee.isProven else { return .session }
        let known = receivers.session(of: message.receiver)
        if case .initiation = message.kind {
            if unsafe paths[path].pointee.isProven || isLastKnownOfSilent(path) { return .session }
        } else if known == former {
            unsafe paths[path].pointee.ownHeard = now
            revive(path)
            if unsafe paths[path].pointee.isProven || hasConfirmer(former, now) { return .session }
        } else if !isAbandoned(path, now) {
            return known < 0 ? .session : .stranger(known)
        }
        let session = openSession(.informed, now)
        guard session >= 0 else { return known == former ? .session : .nobody }
        leave(path)
        nextExpiry = now  // the session it leaves may be empty now
        enter(path, session, now)
        begin(session, with: path, message)
        return .session
    }

    /// Whether a proven member is there to show that another's datagrams are authentic.
    @_noLocks
    private func hasConfirmer(_ session: Int32, _ now: Int64) -> Bool {
        var members = unsafe sessions[session].pointee.provenMembers
        while members != 0 {
            let other = sessions.member(session, members.trailingZeroBitCount)
            members &= members - 1
            if unsafe now - paths[other].pointee.lastHeard < Limits.muteNanoseconds { return true }
        }
        return false
    }

    /// Whether a path may be another client's: it is not proven, or has brought nothing of its own client's for long. A
    /// datagram of somebody else's may come in the name of any address.
    @_noLocks
    func isAbandoned(_ path: Int32, _ now: Int64) -> Bool {
        unsafe !paths[path].pointee.isProven || now - paths[path].pointee.ownHeard >= Limits.replaceableNanoseconds
    }

    /// Notes what a session begins with.
    @_noLocks
    private mutating func begin(_ session: Int32, with path: Int32, _ message: Message) {
        let opened = unsafe sessions[session]
        unsafe opened.pointee.opener = paths[path].pointee.ordinal
        if case .initiation = message.kind {
            unsafe opened.pointee.initiation = message.sender
        } else {
            unsafe opened.pointee.claim(message.receiver)
        }
    }

    /// How much an unknown source's message is worth; nil when it is worth nothing, which is counted.
    @_noLocks
    private func rank(_ message: Message, _ segment: iovec) -> Session.Rank? {
        let isKnown = receivers.session(of: message.receiver) >= 0
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

    /// A provisional session, or -1 when neither a place is free nor one can be taken.
    @_noLocks
    private mutating func openSession(_ rank: Session.Rank, _ now: Int64) -> Int32 {
        if sessions.provisionalCount >= Limits.provisionalSessions {
            let weakest = weakestClaim(against: rank, now)
            guard weakest >= 0 else {
                counters.add(.tooManyClaims, 1)
                return -1
            }
            close(weakest)
        }
        guard sessions.freeSlotCount > 0 else {
            counters.add(.noUpstream, 1)
            return -1
        }
        let session = sessions.open(rank, now: now)
        boards.copies.begin(stream: Int(session))
        unsafe boards.sessions.publish(session, sessions[session].pointee)
        nextExpiry = min(nextExpiry, now + Limits.provisionalNanoseconds)
        return session
    }

    /// The provisional session that gives way to a claim of this rank: the oldest one of less weight, else the oldest
    /// one of the same that has had its time; or -1.
    @_noLocks
    private func weakestClaim(
        against rank: Session.Rank, keeping kept: Int32 = -1, _ now: Int64
    ) -> Int32 {
        var (weakest, weakestSince, isLighter) = (Int32(-1), Int64.max, false)
        for position in sessions.provenCount..<sessions.count {
            let index = sessions.live(position)
            let session = unsafe sessions[index].pointee
            if index == kept || rank.isBelow(session.rank) { continue }
            let lighter = session.rank.isBelow(rank)
            if !lighter && (isLighter || now - session.since < Limits.provisionalGraceNanoseconds) { continue }
            if lighter != isLighter || session.since < weakestSince {
                (weakest, weakestSince, isLighter) = (index, session.since, lighter)
            }
        }
        return weakest
    }

    /// Makes the source a member of a session. Returns the path, or -1 when there is no room, which is counted.
    @_noLocks
    private mutating func join(_ packet: ReceivedPacket, to session: Int32, _ now: Int64) -> Int32 {
        guard makeRoom(in: session, now) else {
            counters.add(.sessionPathsFull, 1)
            return -1
        }
        if paths.count == paths.capacity {
            // Claims may have many paths each: they give way as they do where there are too many of them.
            let rank = unsafe sessions[session].pointee.isProven ? Session.Rank.informed : sessions[session].pointee.rank
            let weakest = weakestClaim(against: rank, keeping: session, now)
            if weakest >= 0 { close(weakest) }
        }
        let path = paths.insert(packet.source, at: now, local: packet.local)
        guard path >= 0 else {
            counters.add(.pathTableFull, 1)
            return -1
        }
        boards.paths.publish(path, packet.source, since: now)
        nextExpiry = min(nextExpiry, now + sessions.limits.pathTimeoutNanoseconds)
        enter(path, session, now)
        return path
    }

    /// Whether so many more paths fit into a session that is heard now: one that is full lets go of those that never
    /// proved themselves, and of those that have been silent for longest.
    ///
    /// - Parameter kept: a path it does not let go of.
    @_noLocks
    mutating func makeRoom(in session: Int32, for count: Int = 1, keeping kept: Int32 = -1, _ now: Int64) -> Bool {
        while sessions.roomLeft(session) < count {
            let candidate = replaceableMember(of: session, keeping: kept, now)
            guard candidate >= 0 else { return false }
            drop(candidate)
        }
        return true
    }

    @_noLocks
    private func replaceableMember(of session: Int32, keeping kept: Int32, _ now: Int64) -> Int32 {
        var (candidate, candidateHeard) = (Int32(-1), now - Limits.replaceableNanoseconds)
        var members = unsafe sessions[session].pointee.members
        while members != 0 {
            let path = sessions.member(session, members.trailingZeroBitCount)
            members &= members - 1
            if path == kept { continue }
            if unsafe !paths[path].pointee.isProven && sessions[session].pointee.isProven { return path }
            if unsafe paths[path].pointee.lastHeard < candidateHeard {
                unsafe (candidate, candidateHeard) = (path, paths[path].pointee.lastHeard)
            }
        }
        return candidate
    }

    /// Whether an unanswered claim of this rank may forward another datagram now.
    @_noLocks
    mutating func spendAllowance(_ rank: Session.Rank, _ now: Int64) -> Bool {
        if now - allowanceSince >= Limits.allowanceNanoseconds {
            allowanceSince = now
            plainAllowance = Limits.plainAllowance
            informedAllowance = Limits.informedAllowance
        }
        switch rank {
        case .plain:
            if plainAllowance == 0 { return false }
            plainAllowance -= 1
        case .informed:
            if informedAllowance == 0 { return false }
            informedAllowance -= 1
        }
        return true
    }

    /// What WireGuard has answered does not count against those who come after: real clients, however many come at once,
    /// wait for nothing but WireGuard.
    @_noLocks
    mutating func regainAllowance(_ rank: Session.Rank) {
        switch rank {
        case .plain: plainAllowance = min(plainAllowance + 1, Limits.plainAllowance)
        case .informed: informedAllowance = min(informedAllowance + 1, Limits.informedAllowance)
        }
    }
}
