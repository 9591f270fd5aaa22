// SPDX-License-Identifier: GPL-2.0-or-later

internal import CShims.Socket
internal import Sockets
internal import WireGuardWire

/// The server's clients: their sessions, the paths of each, the receiver indices WireGuard gave them, and where those that
/// are silent were last.
///
/// How paths enter, move and leave is here, how WireGuard's messages validate sessions in `ServerSessions+Validation`, how
/// sessions end in `ServerSessions+Ending`, and what becomes of a silent client in `ServerSessions+Silence`. Which address
/// may become a path is for ``SessionAdmission`` to say.
struct ServerSessions: ~Copyable {
    let counters: Counters
    let statistics: ServerStatistics
    let events: EventWriter
    var paths: PathTable
    var table: SessionTable
    var receivers: ReceiverTable
    var lastKnown: LastKnownPaths
    /// Nothing can have been silent too long before this, monotonic nanoseconds.
    var nextExpiry = Int64.max

    init(counters: Counters, statistics: ServerStatistics, events: EventWriter, limits: SessionLimits) {
        self.counters = counters
        self.statistics = statistics
        self.events = events
        paths = PathTable(capacity: limits.pathCapacity)
        table = SessionTable(limits: limits)
        receivers = ReceiverTable(sessions: limits.tableCapacity)
        lastKnown = LastKnownPaths(sessions: limits.tableCapacity, perSession: limits.maxPathsPerSession)
    }

    // MARK: Paths

    /// Makes a path a member of a session, pending until something validates it.
    @_noLocks
    mutating func enter(_ path: PathIndex, _ session: SessionIndex, _ now: Int64) {
        let ordinal = table.add(path, to: session)
        paths[path].session = session
        paths[path].ordinal = ordinal
        paths[path].isValidated = false
        paths[path].ownLastReceived = now
        paths[path].joined = now
        statistics.paths.set(path, .session, UInt64(truncatingIfNeeded: session.raw))
        statistics.paths.set(path, .isValidated, 0)
        statistics.copies.begin(path.position, stream: session.position)
        table[session].joinedAt = now
        wake(session)
    }

    /// Notes that a path is a real client's: from now on it is sent everything. A client that was silent at its address is
    /// not there any more.
    @_noLocks
    mutating func validate(_ path: PathIndex, of session: SessionIndex) {
        forgetLastKnown(paths[path].address)
        paths[path].isValidated = true
        paths[path].amplificationAllowance = 0
        table[session].validatedMembers |= 1 << UInt32(paths[path].ordinal)
        events.postIfRoom(.pathsChanged)
        statistics.paths.set(path, .isValidated, 1)
    }

    /// Validates members by a datagram that all of `members` have brought and that came first at `first`: a validated one
    /// among them makes it authentic, and that it had not come when a member joined shows that the member brings what the
    /// client sends now. Its counter proves nothing: anybody can write a large one, also from a validated member's address.
    @_noLocks
    mutating func validateMembers(_ members: UInt32, of session: SessionIndex, _ message: Message, first: Int64) {
        let waiting = members & table[session].pendingMembers
        guard waiting != 0, members & table[session].validatedMembers != 0, case .data = message.kind else { return }
        validate(waiting, of: session, message, first: first)
    }

    @inline(never)
    @_noLocks
    private mutating func validate(_ members: UInt32, of session: SessionIndex, _ message: Message, first: Int64) {
        guard receivers.session(of: message.receiver) == session else { return }
        var waiting = members
        while waiting != 0 {
            let path = table.member(session, waiting.trailingZeroBitCount)
            waiting &= waiting - 1
            if first > paths[path].joined { validate(path, of: session) }
        }
    }

    /// Whether a path may be another client's: it is pending, or has brought nothing of its own client's for long. A
    /// datagram of another client's may come from any address, forged.
    @_noLocks
    func isAbandoned(_ path: PathIndex, _ now: Int64) -> Bool {
        !paths[path].isValidated || now - paths[path].ownLastReceived >= Limits.replaceableNanoseconds
    }

    /// Takes a path out of its session.
    @_noLocks
    mutating func leave(_ path: PathIndex) {
        guard let session = paths[path].session else { return }
        table.remove(ordinal: paths[path].ordinal, from: session)
        paths[path].session = nil
    }

    /// Forgets a path that is in no session.
    @_noLocks
    private mutating func discard(_ path: PathIndex) {
        paths.remove(path)
        statistics.paths.publish(path, SocketAddress(), since: 0)
        events.postIfRoom(.pathsChanged)
    }

    /// Takes a path out of its session and forgets it.
    @_noLocks
    mutating func drop(_ path: PathIndex) {
        leave(path)
        discard(path)
    }

    // MARK: Room

    /// Whether so many more paths fit into a session that is active now: one that is full drops those that were never
    /// validated, and of the others those that have been silent for longest.
    ///
    /// - Parameter kept: a path it does not drop.
    @_noLocks
    mutating func makeRoom(
        in session: SessionIndex, for count: Int = 1, keeping kept: PathIndex? = nil, _ now: Int64
    ) -> Bool {
        while table.roomLeft(session) < count {
            guard let candidate = replaceableMember(of: session, keeping: kept, now) else { return false }
            drop(candidate)
        }
        return true
    }

    @inline(never)
    @_noLocks
    private func replaceableMember(of session: SessionIndex, keeping kept: PathIndex?, _ now: Int64) -> PathIndex? {
        var candidate: PathIndex?
        var candidateReceived = now - Limits.replaceableNanoseconds
        var members = table[session].members
        while members != 0 {
            let path = table.member(session, members.trailingZeroBitCount)
            members &= members - 1
            if kept == path { continue }
            if !paths[path].isValidated && table[session].isValidated { return path }
            if paths[path].lastReceived < candidateReceived {
                candidate = path
                candidateReceived = paths[path].lastReceived
            }
        }
        return candidate
    }

    // MARK: Merging

    /// Moves a path that brought what another session sent first, or that session's members, into one session: both are
    /// one client's. They stay apart when they have more paths together than one may have.
    @inline(never)
    @_noLocks
    mutating func mergeSessions(of path: PathIndex, and owner: SessionIndex, _ message: Message, _ now: Int64) {
        guard let own = paths[path].session else { return }
        switch (table[own].isValidated, table[owner].isValidated) {
        case (false, true):
            if table[own].hasPendingReceiver && receivers.session(of: table[own].pendingReceiver) == owner {
                merge(own, into: owner, keeping: path, now)
            } else {
                // WireGuard may be about to answer something else of it.
                move(path, to: owner, now)
            }
        case (true, false):
            if case .data = message.kind, receivers.session(of: message.receiver) != own { return }
            // A pending path does not vouch for its session.
            if !paths[path].isValidated { return move(path, to: owner, now) }
            merge(owner, into: own, keeping: path, now)
        case (false, false):
            if table[own].since < table[owner].since {
                merge(owner, into: own, keeping: path, now)
            } else {
                merge(own, into: owner, keeping: path, now)
            }
        case (true, true):
            // An address now belongs to another client, as behind a translating router: this one's, unless it is the
            // other that brought what is this one's.
            guard receivers.session(of: message.receiver) == owner, isAbandoned(path, now) else { return }
            move(path, to: owner, now)
        }
    }

    @inline(never)
    @_noLocks
    private mutating func move(_ path: PathIndex, to session: SessionIndex, _ now: Int64) {
        guard makeRoom(in: session, now) else { return }
        leave(path)
        nextExpiry = now  // the session it leaves may be empty now
        enter(path, session, now)
    }

    @_noLocks
    private mutating func merge(
        _ source: SessionIndex, into target: SessionIndex, keeping path: PathIndex, _ now: Int64
    ) {
        let count = table[source].members.nonzeroBitCount
        if makeRoom(in: target, for: count, keeping: path, now) { merge(source, into: target, now) }
    }

    /// Moves a pending session's members, socket and receiver indices into another session.
    @_noLocks
    mutating func merge(_ source: SessionIndex, into target: SessionIndex, _ now: Int64) {
        let slot = table[source].slot
        var members = table[source].members
        while members != 0 {
            let ordinal = members.trailingZeroBitCount
            members &= members - 1
            let path = table.member(source, ordinal)
            table.remove(ordinal: ordinal, from: source)
            guard makeRoom(in: target, now) else {
                paths[path].session = nil
                discard(path)
                continue
            }
            let wasValidated = paths[path].isValidated
            enter(path, target, now)
            if wasValidated { validate(path, of: target) }
        }
        giveUpFormerSlot(of: source)
        giveUpFormerSlot(of: target)
        table.move(slot: slot, to: target)
        table[target].formerSlot = slot
        table[target].formerUntil = now + Limits.formerSocketNanoseconds
        table[target].lastReceived = now
        nextExpiry = min(nextExpiry, now + Limits.formerSocketNanoseconds)
        receivers.move(source, to: target)
        statistics.sessions.withdraw(source)
        table.close(source)
    }
}
