// SPDX-License-Identifier: GPL-2.0-or-later

internal import CShims.Socket
internal import Sockets
internal import WireGuardWire

/// The server's decisions: what a client's paths bring goes to WireGuard once, by the client's own upstream socket;
/// what WireGuard says there goes to every path of that client.
///
///     paths of client A ──uplink──► window ──► A's upstream ─┐
///     paths of client B ──uplink──► window ──► B's upstream ─┴─ WireGuard
///     every path of A ◄─downlink─ A's upstream
///
/// Who may become a path is in `ServerRelay+Admission`, how sources become one session in `ServerRelay+Sessions`, how
/// sessions end in `ServerRelay+Endings`, and what becomes of a client that is silent in `ServerRelay+Silence`.
struct ServerRelay: ~Copyable, Relay {
    let counters: Counters
    let boards: ServerBoards
    var paths: PathTable
    var sessions: SessionTable
    var receivers: ReceiverTable
    var lastKnown: LastKnownPaths
    var window: DuplicateWindow
    let verifier: InitiationVerifier?
    private var tenants = Tenants()
    var listenSlot: UInt16 = 0
    /// The socket of the open uplink run, and the session of the open downlink run; -1 when the next datagram begins one.
    private var uplinkTarget: Int32 = -1
    var downlinkTarget: Int32 = -1
    /// What unanswered claims may still forward in this period, and when it began.
    var plainAllowance = 0
    var informedAllowance = 0
    var allowanceSince = Int64.min / 2
    /// Nothing can have been silent too long before this.
    var nextExpiry = Int64.max

    var deadline: Int64 { @_noLocks get { nextExpiry } }

    /// - Parameters:
    ///   - counters: where dropped datagrams are counted.
    ///   - boards: where paths and sessions are published; made for the same `limits`.
    ///   - verifier: knows WireGuard's public key, where the file tells it.
    ///   - random: where the duplicate window's secret comes from.
    init(
        counters: Counters, boards: ServerBoards, limits: SessionLimits, verifier: InitiationVerifier?,
        random: inout some RandomNumberGenerator
    ) {
        self.counters = counters
        self.boards = boards
        self.verifier = verifier
        paths = PathTable(capacity: limits.pathCapacity)
        sessions = SessionTable(limits: limits)
        receivers = ReceiverTable(sessions: limits.tableCapacity)
        lastKnown = LastKnownPaths(sessions: limits.tableCapacity, perSession: limits.maxPathsPerSession)
        window = DuplicateWindow(entries: Limits.serverWindowEntries, random: &random)
    }

    @_noLocks
    mutating func decide(_ batch: inout Batch, now: Int64) -> Bool {
        while batch.cursor < batch.arrivalCount {
            let arrival = unsafe batch.arrivals[batch.cursor]
            switch tenants.role(of: arrival.socket) {
            case .listen:
                guard batch.hasRoom(segments: arrival.segmentCount, targets: 1, singles: arrival.segmentCount) else {
                    return false
                }
                sendUpstream(arrival, &batch, now)
            case .upstream:
                guard hasRoomForAnswers(arrival, batch) else { return false }
                sendToPaths(arrival, &batch, now)
            default: counters.add(.staleSocket, arrival.segmentCount)
            }
            batch.cursor += 1
        }
        return true
    }

    // MARK: Uplink

    @_noLocks
    private mutating func sendUpstream(_ arrival: Arrival, _ batch: inout Batch, _ now: Int64) {
        var path = paths.find(arrival.source)
        var (datagrams, bytes) = (0, 0)
        for index in 0..<arrival.segmentCount {
            let slice = unsafe arrival.slice(index)
            let message = unsafe Message(slice.iov_base, length: slice.iov_len)
            if case .foreign = message.kind {
                counters.add(.notWireGuard, 1)
                continue
            }
            let key = unsafe window.key(message, slice.iov_base, slice.iov_len)
            let entry = window.find(key, now: Moment(now).microseconds)
            if path < 0 {
                path = unsafe admit(arrival, message, slice, entry, now)
                if path < 0 { continue }
            }
            datagrams += 1
            unsafe bytes += slice.iov_len
            if unsafe !paths[path].pointee.isProven { unsafe paths[path].pointee.credit += slice.iov_len }
            if entry >= 0 {
                takeCopy(entry, path, message, now)
            } else {
                let slot = slot(for: message, key, path, now)
                if slot >= 0 { unsafe place(slice, UInt16(truncatingIfNeeded: slot), &batch) }
            }
        }
        guard datagrams > 0 else { return }
        counters.heard(listenSlot, at: now)
        paths.touch(path, at: now, local: arrival.local)
        let session = unsafe paths[path].pointee.session
        unsafe sessions[session].pointee.lastHeard = now
        boards.sessions.set(session, .lastHeard, UInt64(bitPattern: now))
        boards.paths.set(path, .lastHeard, UInt64(bitPattern: now))
        boards.paths.add(path, .receivedDatagrams, datagrams)
        boards.paths.add(path, .receivedBytes, bytes)
    }

    @_noLocks
    private mutating func place(_ slice: iovec, _ slot: UInt16, _ batch: inout Batch) {
        if uplinkTarget != Int32(slot) {
            batch.endRun(.uplink)
            uplinkTarget = Int32(slot)
        }
        if case .began(let run) = unsafe batch.place(slice, .uplink) { batch.append(Departure(run: run, slot: slot)) }
    }

    /// A datagram that has not been seen: the slot of the socket by which it goes to WireGuard, or -1 when it does not,
    /// which is counted.
    @_noLocks
    private mutating func slot(
        for message: Message, _ key: DuplicateWindow.Key, _ path: Int32, _ now: Int64
    ) -> Int32 {
        switch owner(of: message, by: path, now) {
        case .session: break
        case .stranger(let session): return strayed(to: session, now)
        case .nobody: return -1
        }
        let member = unsafe paths[path].pointee
        let session = unsafe sessions[member.session]
        if unsafe !session.pointee.isProven && !spendAllowance(session.pointee.rank, now) {
            counters.add(.claimAllowance, 1)
            return -1
        }
        let moment = Moment(now)
        unsafe window.insert(
            key, now: moment.microseconds, owner: sessions.tag(member.session), member: member.ordinal,
            isClaim: !session.pointee.isProven)
        boards.copies.first(Int(path), stream: Int(member.session), second: moment.second)
        if unsafe session.pointee.joinedAt > 0,
            boards.copies.uniques(ofStream: Int(member.session)) % UInt64(Limits.supersedeDatagrams) == 0
        {
            supersede(member.session, now)
        }
        switch message.kind {
        case .initiation: unsafe session.pointee.initiation = message.sender
        case .data where unsafe !session.pointee.isProven: unsafe session.pointee.claim(message.receiver)
        default: break
        }
        return unsafe Int32(session.pointee.slot)
    }

    /// The slot by which a datagram goes to WireGuard that came by another client's path: that of the client it names.
    /// Should it be forged, WireGuard does not mind; should it not be, its answers go where they went.
    @_noLocks
    private mutating func strayed(to session: Int32, _ now: Int64) -> Int32 {
        if spendAllowance(.informed, now) { return unsafe Int32(sessions[session].pointee.slot) }
        counters.add(.claimAllowance, 1)
        return -1
    }

    /// A copy of a datagram that has been forwarded: it is worth what it tells.
    @_noLocks
    private mutating func takeCopy(_ entry: Int, _ path: Int32, _ message: Message, _ now: Int64) {
        let owner = sessions.session(tagged: window.owner(entry))
        if unsafe owner >= 0 && owner != paths[path].pointee.session { unite(path, with: owner, message, now) }
        let member = unsafe paths[path].pointee
        let tag = sessions.tag(member.session)
        if window.owner(entry) != tag {
            // What brought it first belongs to somebody else by now.
            return window.hand(entry, to: tag, member: member.ordinal)
        }
        if receivers.session(of: message.receiver) == member.session {
            unsafe paths[path].pointee.ownHeard = now
            revive(path)
        }
        // The network may double a datagram: the path has brought it all the same, once.
        if window.members(entry) & 1 << UInt64(member.ordinal) != 0 { return }
        window.add(member: member.ordinal, to: entry)
        let age = window.age(entry, now: Moment(now).microseconds)
        let first = now - Int64(age) * 1000
        boards.copies.later(Int(path), stream: Int(member.session), second: Moment(first).second, delay: age)
        proveMembers(UInt32(truncatingIfNeeded: window.members(entry)), of: member.session, message, first: first)
    }

    // MARK: Downlink

    /// Whether what WireGuard says can be sent now: to proven members in runs, to others one by one.
    @_noLocks
    private func hasRoomForAnswers(_ arrival: Arrival, _ batch: borrowing Batch) -> Bool {
        let session = sessions.owner(ofSlot: arrival.socket.slot)
        var (members, unproven) = (1, 0)
        if unsafe session >= 0 && sessions[session].pointee.isProven {
            members = unsafe max(1, max(sessions[session].pointee.members.nonzeroBitCount, lastKnown.count(session)))
            unproven = unsafe sessions[session].pointee.unprovenMembers.nonzeroBitCount
        } else if session >= 0 {
            // With the first word it may become part of any other session.
            members = sessions.limits.maxPathsPerSession
            unproven = members
        }
        return batch.hasRoom(
            segments: arrival.segmentCount, targets: members, singles: arrival.segmentCount * unproven)
    }

    @_noLocks
    private mutating func sendToPaths(_ arrival: Arrival, _ batch: inout Batch, _ now: Int64) {
        counters.heard(arrival.socket.slot, at: now)
        for index in 0..<arrival.segmentCount {
            let slice = unsafe arrival.slice(index)
            let message = unsafe Message(slice.iov_base, length: slice.iov_len)
            if case .foreign = message.kind {
                counters.add(.notWireGuard, 1)
                continue
            }
            let session = hearWireGuard(message, arrival.socket.slot, now)
            guard session >= 0 else {
                counters.add(.noPath, 1)
                continue
            }
            if unsafe slice.iov_len > Message.keepAliveLength { boards.sessions.add(session, .questions, 1) }
            if unsafe sessions[session].pointee.provenMembers != 0 {
                unsafe sendToProven(session, slice, &batch)
            } else if unsafe sessions[session].pointee.members == 0 || lastKnown.count(session) != 0 {
                unsafe sendToLastKnown(session, message, slice, &batch, now)
            }
            unsafe sendToUnproven(session, slice, &batch)
        }
    }

    @_noLocks
    private mutating func sendToProven(_ session: Int32, _ slice: iovec, _ batch: inout Batch) {
        var members = unsafe sessions[session].pointee.provenMembers
        if downlinkTarget != session {
            batch.endRun(.downlink)
            downlinkTarget = session
        }
        guard case .began(let run) = unsafe batch.place(slice, .downlink) else { return }
        while members != 0 {
            depart(run, sessions.member(session, members.trailingZeroBitCount), &batch)
            members &= members - 1
        }
    }

    /// Each is sent no more than it has sent. A silent client's own addresses have been seen to already.
    @_noLocks
    private mutating func sendToUnproven(_ session: Int32, _ slice: iovec, _ batch: inout Batch) {
        var members = unsafe sessions[session].pointee.unprovenMembers
        while members != 0 {
            let path = sessions.member(session, members.trailingZeroBitCount)
            members &= members - 1
            guard unsafe paths[path].pointee.credit >= slice.iov_len, !isLastKnownOfSilent(path) else { continue }
            unsafe paths[path].pointee.credit -= slice.iov_len
            batch.endRun(.single)
            if case .began(let run) = unsafe batch.place(slice, .single) { depart(run, path, &batch) }
        }
    }

    @_noLocks
    private func depart(_ run: Int32, _ index: Int32, _ batch: inout Batch) {
        let path = unsafe paths[index]
        unsafe batch.append(
            Departure(
                run: run, slot: listenSlot, path: index, destination: path.pointee.address, local: path.pointee.local))
    }

    // MARK: Commands

    @_noLocks
    mutating func obey(_ command: Command) {
        switch command {
        case .attach(let socket, descriptor: _, let role):
            tenants.attach(socket, as: role)
            if case .listen = role { listenSlot = socket.slot }
            if case .upstream = role { sessions.free(slot: socket.slot) }
        case .detach(let socket):
            guard case .some(let role) = tenants.role(of: socket) else { return }
            tenants.detach(socket)
            if case .upstream = role { loseSocket(socket.slot) }
        case .carry, .fit, .stop: break
        }
    }
}
