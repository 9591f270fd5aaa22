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
    private var sockets = SocketTable()
    var listenSlot: UInt16 = 0
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
    mutating func decide(_ packet: ReceivedPacket, into queue: inout TransmitQueue, now: Int64) -> Bool {
        let count = packet.segmentCount
        switch sockets.role(of: packet.socket) {
        case .listen:
            guard queue.hasRoom(segments: count, runs: count, transmits: count) else { return false }
            sendUpstream(packet, &queue, now)
        case .upstream:
            guard hasRoomForAnswers(packet, queue) else { return false }
            sendToPaths(packet, &queue, now)
        default: counters.add(.staleSocket, count)
        }
        return true
    }

    // MARK: Uplink

    @_noLocks
    private mutating func sendUpstream(_ packet: ReceivedPacket, _ queue: inout TransmitQueue, _ now: Int64) {
        var path = paths.find(packet.source)
        var (datagrams, bytes) = (0, 0)
        for index in 0..<packet.segmentCount {
            let segment = unsafe packet.segment(index)
            let message = unsafe Message(segment.iov_base, length: segment.iov_len)
            if case .foreign = message.kind {
                counters.add(.notWireGuard, 1)
                continue
            }
            let key = unsafe window.key(message, segment.iov_base, segment.iov_len)
            let entry = window.find(key, now: Moment(now).microseconds)
            if path < 0 {
                path = unsafe admit(packet, message, segment, entry, now)
                if path < 0 { continue }
            }
            datagrams += 1
            unsafe bytes += segment.iov_len
            if unsafe !paths[path].pointee.isProven { unsafe paths[path].pointee.credit += segment.iov_len }
            if entry >= 0 {
                takeCopy(entry, path, message, now)
            } else {
                let slot = slot(for: message, key, path, now)
                if slot >= 0 { unsafe send(segment, by: UInt16(truncatingIfNeeded: slot), &queue) }
            }
        }
        guard datagrams > 0 else { return }
        counters.heard(listenSlot, at: now)
        paths.touch(path, at: now, local: packet.local)
        let session = unsafe paths[path].pointee.session
        unsafe sessions[session].pointee.lastHeard = now
        boards.sessions.set(session, .lastHeard, UInt64(bitPattern: now))
        boards.paths.set(path, .lastHeard, UInt64(bitPattern: now))
        boards.paths.add(path, .receivedDatagrams, datagrams)
        boards.paths.add(path, .receivedBytes, bytes)
    }

    @_noLocks
    private func send(_ segment: iovec, by slot: UInt16, _ queue: inout TransmitQueue) {
        guard let run = unsafe queue.append(segment, to: TargetSet(group: Int32(slot))) else { return }
        queue.append(Transmit(run: run, slot: slot))
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

    /// Whether there is room for what WireGuard sends: to validated paths in runs; to others perhaps one by one, since each
    /// may use up what it is allowed.
    @_noLocks
    private func hasRoomForAnswers(_ packet: ReceivedPacket, _ queue: borrowing TransmitQueue) -> Bool {
        let session = sessions.owner(ofSlot: packet.socket.slot)
        if unsafe session < 0 || sessions[session].pointee.isProven && sessions[session].pointee.unprovenMembers == 0 {
            let members = unsafe session < 0 ? 1 : sessions[session].pointee.members.nonzeroBitCount
            let silent = session < 0 ? 0 : lastKnown.count(session)
            return queue.hasRoom(for: packet, targets: max(1, max(members, silent)))
        }
        // With the first answer it may become part of any other session.
        let count = packet.segmentCount
        return queue.hasRoom(
            segments: count, runs: count, transmits: count * 2 * sessions.limits.maxPathsPerSession)
    }

    @_noLocks
    private mutating func sendToPaths(_ packet: ReceivedPacket, _ queue: inout TransmitQueue, _ now: Int64) {
        counters.heard(packet.socket.slot, at: now)
        for index in 0..<packet.segmentCount {
            let segment = unsafe packet.segment(index)
            let message = unsafe Message(segment.iov_base, length: segment.iov_len)
            if case .foreign = message.kind {
                counters.add(.notWireGuard, 1)
                continue
            }
            let session = hearWireGuard(message, packet.socket.slot, now)
            guard session >= 0 else {
                counters.add(.noPath, 1)
                continue
            }
            if unsafe segment.iov_len > Message.keepAliveLength { boards.sessions.add(session, .questions, 1) }
            let targets = unsafe targets(of: session, message, length: segment.iov_len, now)
            if targets.bits != 0, let run = unsafe queue.append(segment, to: targets) {
                transmit(run, session, to: targets.bits, &queue)
            }
        }
    }

    /// Marks the addresses where a silent client was last, beside the bits of up to 32 paths.
    private static var lastKnownBit: UInt64 { @_noLocks get { 1 << 63 } }

    /// Returns the paths of a session that a datagram of its WireGuard goes to: all that are validated, and others as far
    /// as they have sent as much themselves.
    @_noLocks
    private mutating func targets(
        of session: Int32, _ message: Message, length: Int, _ now: Int64
    ) -> TargetSet {
        let state = unsafe sessions[session].pointee
        var bits = UInt64(state.provenMembers)
        if state.provenMembers == 0, state.members == 0 || lastKnown.count(session) != 0 {
            if mayAskLastKnown(session, message, now) { bits |= Self.lastKnownBit }
        }
        var pending = state.unprovenMembers
        while pending != 0 {
            let ordinal = pending.trailingZeroBitCount
            pending &= pending - 1
            let path = sessions.member(session, ordinal)
            // A silent client's own addresses have been seen to already.
            guard unsafe paths[path].pointee.credit >= length, !isLastKnownOfSilent(path) else { continue }
            unsafe paths[path].pointee.credit -= length
            bits |= 1 << UInt64(ordinal)
        }
        let group = Int32(truncatingIfNeeded: Limits.socketSlots) + session
        return TargetSet(group: group, version: state.membersVersion, bits: bits)
    }

    @_noLocks
    private func transmit(_ run: Int32, _ session: Int32, to bits: UInt64, _ queue: inout TransmitQueue) {
        if bits & Self.lastKnownBit != 0 {
            for position in 0..<lastKnown.count(session) {
                let entry = lastKnown.entry(session, position)
                queue.append(Transmit(run: run, slot: listenSlot, to: entry.address, from: entry.local))
            }
        }
        var rest = bits & ~Self.lastKnownBit
        while rest != 0 {
            let index = sessions.member(session, rest.trailingZeroBitCount)
            rest &= rest - 1
            let path = unsafe paths[index]
            unsafe queue.append(
                Transmit(
                    run: run, slot: listenSlot, to: path.pointee.address, from: path.pointee.local,
                    target: TransmitTarget(path: index, tenant: path.pointee.tenant)))
        }
    }

    // MARK: Commands

    @_noLocks
    mutating func apply(_ command: Command) {
        switch command {
        case .attach(let socket, descriptor: _, let role):
            sockets.attach(socket, as: role)
            if case .listen = role { listenSlot = socket.slot }
            if case .upstream = role { sessions.free(slot: socket.slot) }
        case .detach(let socket):
            guard case .some(let role) = sockets.role(of: socket) else { return }
            sockets.detach(socket)
            if case .upstream = role { loseSocket(socket.slot) }
        case .carry, .fit, .stop: break
        }
    }
}
