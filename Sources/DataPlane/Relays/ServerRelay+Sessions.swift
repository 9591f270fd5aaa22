// SPDX-License-Identifier: GPL-2.0-or-later

internal import CShims.Socket
internal import Sockets
internal import WireGuardWire

/// How sources become paths of one session.
extension ServerRelay {
    // MARK: What WireGuard says

    /// Learns from a message WireGuard sent on an upstream socket. Returns the session it is for, or -1.
    @_noLocks
    mutating func hearWireGuard(_ message: Message, _ slot: UInt16, _ now: Int64) -> Int32 {
        var session = sessions.owner(ofSlot: slot)
        guard session >= 0 else { return -1 }
        if unsafe !sessions[session].pointee.isProven {
            guard proves(message, session) else { return session }
            session = settle(session, message, slot, now)
            guard session >= 0 else { return -1 }
        }
        switch message.kind {
        case .initiation: receivers.learn(message.sender, session: session)
        case .response:
            receivers.learn(message.sender, session: session)
            unsafe sessions[session].pointee.note(name: message.receiver)
        case .data: unsafe sessions[session].pointee.note(name: message.receiver)
        default: break
        }
        return session
    }

    /// Whether this message shows that the session's client is real: WireGuard sends to an address only after something
    /// authentic came from it. The exception is the cookie reply, by which a busy WireGuard asks whether the address is.
    @_noLocks
    private func proves(_ message: Message, _ session: Int32) -> Bool {
        switch message.kind {
        case .initiation, .data: true
        case .response: unsafe message.receiver == sessions[session].pointee.initiation
        case .cookieReply, .foreign: false
        }
    }

    /// Makes a provisional session a proven one, or part of the one its client already has. Returns that one, or -1 when
    /// there are too many.
    ///
    /// WireGuard's word says that something it got on this socket was authentic, but not that everything was. So it is
    /// the claimed client's only if WireGuard names it as it names that client.
    @_noLocks
    private mutating func settle(_ session: Int32, _ message: Message, _ slot: UInt16, _ now: Int64) -> Int32 {
        unsafe regainAllowance(sessions[session].pointee.rank)
        sessions.noteAnswer(onSlot: slot)
        preferSlot(slot, of: session)
        let opener = unsafe sessions[session].pointee.opener
        if opener >= 0 { confirm(sessions.member(session, opener), of: session) }
        var learns = false
        if unsafe sessions[session].pointee.claimsReceiver, case .data = message.kind {
            let known = unsafe receivers.session(of: sessions[session].pointee.claimedReceiver)
            if unsafe known >= 0 && sessions[known].pointee.isNamed(message.receiver) {
                merge(session, into: known, now)
                return known
            }
            learns = known < 0
        }
        guard makeRoomForSession(now) else {
            counters.add(.sessionTableFull, 1)
            close(session)
            return -1
        }
        sessions.prove(session)
        boards.sessions.set(session, .isProven, 1)
        if learns { unsafe receivers.learn(sessions[session].pointee.claimedReceiver, session: session) }
        return session
    }

    /// Of a session's two sockets the one that WireGuard answers on is the one it goes on with.
    @_noLocks
    private mutating func preferSlot(_ slot: UInt16, of session: Int32) {
        let preferring = unsafe sessions[session]
        guard unsafe preferring.pointee.slot != slot else { return }
        unsafe preferring.pointee.formerSlot = Int32(preferring.pointee.slot)
        unsafe preferring.pointee.slot = slot
        boards.sessions.set(session, .slot, UInt64(slot))
    }

    /// Whether another proven session fits: a silent client's gives way, the one that has been of no use for longest, but
    /// none that is alive.
    @_noLocks
    private mutating func makeRoomForSession(_ now: Int64) -> Bool {
        if sessions.provenCount < sessions.limits.maxSessions { return true }
        var (oldest, oldestUsed, isAsleep) = (Int32(-1), now - Limits.liveNanoseconds, false)
        for position in 0..<sessions.provenCount {
            let index = sessions.live(position)
            let session = unsafe sessions[index].pointee
            if isAsleep && !session.isAsleep { continue }
            let used = max(session.lastHeard, session.lastAsked)
            if session.isAsleep && !isAsleep || used < oldestUsed {
                (oldest, oldestUsed, isAsleep) = (index, used, session.isAsleep)
            }
        }
        guard oldest >= 0 else { return false }
        close(oldest)
        return true
    }

    // MARK: Members

    /// Makes a path a member of a session, not proven yet.
    @_noLocks
    mutating func enter(_ path: Int32, _ session: Int32, _ now: Int64) {
        let ordinal = sessions.add(path, to: session)
        let member = unsafe paths[path]
        unsafe member.pointee.session = session
        unsafe member.pointee.ordinal = ordinal
        unsafe member.pointee.isProven = false
        unsafe member.pointee.ownHeard = now
        unsafe member.pointee.joined = now
        boards.paths.set(path, .session, UInt64(truncatingIfNeeded: session))
        boards.paths.set(path, .isProven, 0)
        boards.copies.begin(Int(path), stream: Int(session))
        unsafe sessions[session].pointee.joinedAt = now
        wake(session)
    }

    /// The path is a real client's: from now on it is sent everything. Whoever was silent at its address is not there
    /// any more.
    @_noLocks
    mutating func confirm(_ path: Int32, of session: Int32) {
        let member = unsafe paths[path]
        unsafe forgetLastKnown(member.pointee.address)
        unsafe member.pointee.isProven = true
        unsafe member.pointee.credit = 0
        unsafe sessions[session].pointee.provenMembers |= 1 << UInt32(member.pointee.ordinal)
        boards.paths.set(path, .isProven, 1)
    }

    /// Proves members by a datagram that all of `members` have brought and that came first at `first`: a proven one among
    /// them makes it authentic, and that it had not come when a member joined shows that the member brings what the
    /// client says now. Its counter says nothing: anybody can write a large one, in the name of a proven member too.
    @_noLocks
    mutating func proveMembers(_ members: UInt32, of session: Int32, _ message: Message, first: Int64) {
        let current = unsafe sessions[session].pointee
        var waiting = members & current.unprovenMembers
        guard waiting != 0, members & current.provenMembers != 0, case .data = message.kind,
            receivers.session(of: message.receiver) == session
        else { return }
        while waiting != 0 {
            let path = sessions.member(session, waiting.trailingZeroBitCount)
            waiting &= waiting - 1
            if unsafe first > paths[path].pointee.joined { confirm(path, of: session) }
        }
    }

    /// A path has brought what another session sent first, so both are one client's. They stay apart when they have
    /// more paths together than one may have.
    @_noLocks
    mutating func unite(_ path: Int32, with owner: Int32, _ message: Message, _ now: Int64) {
        let own = unsafe paths[path].pointee.session
        switch unsafe (sessions[own].pointee.isProven, sessions[owner].pointee.isProven) {
        case (false, true):
            if unsafe sessions[own].pointee.claimsReceiver
                && receivers.session(of: sessions[own].pointee.claimedReceiver) == owner
            {
                unite(own, into: owner, keeping: path, now)
            } else {
                // WireGuard may be about to answer something else of it.
                move(path, to: owner, now)
            }
        case (true, false):
            if case .data = message.kind, receivers.session(of: message.receiver) != own { return }
            // One that is not proven does not speak for its session.
            if unsafe !paths[path].pointee.isProven { return move(path, to: owner, now) }
            unite(owner, into: own, keeping: path, now)
        case (false, false):
            if unsafe sessions[own].pointee.since < sessions[owner].pointee.since {
                unite(owner, into: own, keeping: path, now)
            } else {
                unite(own, into: owner, keeping: path, now)
            }
        case (true, true):
            // An address has changed hands between clients, as behind a translating router: this one, unless it is
            // the other that brought what is this one's.
            guard receivers.session(of: message.receiver) == owner, isAbandoned(path, now) else { return }
            move(path, to: owner, now)
        }
    }

    @_noLocks
    private mutating func move(_ path: Int32, to session: Int32, _ now: Int64) {
        guard makeRoom(in: session, now) else { return }
        leave(path)
        nextExpiry = now  // the session it leaves may be empty now
        enter(path, session, now)
    }

    @_noLocks
    private mutating func unite(_ source: Int32, into target: Int32, keeping path: Int32, _ now: Int64) {
        let count = unsafe sessions[source].pointee.members.nonzeroBitCount
        if makeRoom(in: target, for: count, keeping: path, now) { merge(source, into: target, now) }
    }

    /// Moves a provisional session's members, socket and claims into another session.
    @_noLocks
    private mutating func merge(_ source: Int32, into target: Int32, _ now: Int64) {
        let merged = unsafe sessions[source].pointee
        var members = merged.members
        while members != 0 {
            let ordinal = members.trailingZeroBitCount
            members &= members - 1
            let path = sessions.member(source, ordinal)
            sessions.remove(ordinal: ordinal, from: source)
            guard makeRoom(in: target, now) else {
                unsafe paths[path].pointee.session = -1
                discard(path)
                continue
            }
            let wasProven = unsafe paths[path].pointee.isProven
            enter(path, target, now)
            if wasProven { confirm(path, of: target) }
        }
        giveUpFormerSlot(of: source)
        giveUpFormerSlot(of: target)
        sessions.hand(slot: merged.slot, to: target)
        unsafe sessions[target].pointee.formerSlot = Int32(merged.slot)
        unsafe sessions[target].pointee.formerUntil = now + Limits.formerSocketNanoseconds
        unsafe sessions[target].pointee.lastHeard = now
        nextExpiry = min(nextExpiry, now + Limits.formerSocketNanoseconds)
        receivers.hand(source, to: target)
        boards.sessions.withdraw(source)
        sessions.close(source)
    }

    /// Takes a path out of its session.
    @_noLocks
    mutating func leave(_ path: Int32) {
        let member = unsafe paths[path].pointee
        guard member.session >= 0 else { return }
        sessions.remove(ordinal: member.ordinal, from: member.session)
        unsafe paths[path].pointee.session = -1
    }

    /// Forgets a path that is in no session.
    @_noLocks
    private mutating func discard(_ path: Int32) {
        paths.remove(path)
        boards.paths.publish(path, SocketAddress(), since: 0)
    }

    /// Takes a path out of its session and forgets it.
    @_noLocks
    mutating func drop(_ path: Int32) {
        leave(path)
        discard(path)
    }
}
