// SPDX-License-Identifier: GPL-2.0-or-later

internal import CShims.Socket
internal import Sockets
internal import WireGuardWire

/// Relays for the server: what a client's paths bring goes to WireGuard once, by the client's own upstream socket; what
/// WireGuard sends there goes to every path of that client.
///
///     paths of client A ──uplink──► window ──► A's upstream ─┐
///     paths of client B ──uplink──► window ──► B's upstream ─┴─ WireGuard
///     every path of A ◄─downlink─ A's upstream
///
/// Which address may become a path, and of which client, is decided by ``SessionAdmission``; ``ServerSessions`` holds the
/// clients there are.
struct ServerRelay: ~Copyable, Relay {
    private let counters: Counters
    private let statistics: ServerStatistics
    private(set) var sessions: ServerSessions
    private var admission: SessionAdmission
    private var window: DuplicateWindow
    private var sockets = SocketTable()
    private var listenSlot: UInt16 = 0

    var deadline: Int64 { @_noLocks get { sessions.nextExpiry } }

    /// - Parameters:
    ///   - counters: where dropped datagrams are counted.
    ///   - statistics: where paths and sessions are published; made for the same `limits`.
    ///   - events: where sockets that no session needs any more, and changes of paths, are reported.
    ///   - verifier: knows WireGuard's public key, where the file names it.
    ///   - random: where the duplicate window's secret comes from.
    init(
        counters: Counters, statistics: ServerStatistics, events: EventWriter, limits: SessionLimits,
        verifier: InitiationVerifier?, random: inout some RandomNumberGenerator
    ) {
        self.counters = counters
        self.statistics = statistics
        sessions = ServerSessions(counters: counters, statistics: statistics, events: events, limits: limits)
        admission = SessionAdmission(counters: counters, verifier: verifier)
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
        var known = sessions.paths.find(packet.source)
        var (datagrams, bytes) = (0, 0)
        for index in 0..<packet.segmentCount {
            let segment = unsafe packet.segment(index)
            let message = unsafe Message(segment.iov_base, length: segment.iov_len)
            if case .foreign = message.kind {
                counters.add(.notWireGuard, 1)
                continue
            }
            let key = unsafe window.key(message, segment.iov_base, segment.iov_len)
            var entry = window.find(key, now: Timestamp(now).microseconds)
            if case .none = known { known = unsafe admit(packet, message, segment, &entry, now) }
            guard let path = known else { continue }
            datagrams += 1
            unsafe bytes += segment.iov_len
            if !sessions.paths[path].isValidated {
                unsafe sessions.paths[path].amplificationAllowance += segment.iov_len
            }
            if let entry {
                processDuplicate(entry, path, message, now)
            } else if let slot = slot(for: message, key, path, now) {
                unsafe send(segment, by: slot, &queue)
            }
        }
        guard datagrams > 0, let path = known, let session = sessions.paths[path].session else { return }
        counters.noteReceived(listenSlot, at: now)
        sessions.paths.touch(path, at: now, local: packet.local)
        sessions.table[session].lastReceived = now
        statistics.sessions.set(session, .lastReceived, UInt64(bitPattern: now))
        statistics.paths.set(path, .lastReceived, UInt64(bitPattern: now))
        statistics.paths.add(path, .receivedDatagrams, datagrams)
        statistics.paths.add(path, .receivedBytes, bytes)
    }

    /// Returns the path an unknown source gets, if it gets one. A datagram whose session is gone is as good as new.
    @_noLocks
    private mutating func admit(
        _ packet: ReceivedPacket, _ message: Message, _ segment: iovec, _ entry: inout WindowEntry?, _ now: Int64
    ) -> PathIndex? {
        var tag: UInt32?
        if let found = entry {
            tag = window.owner(found)
            if let owner = tag, case .none = sessions.table.session(tagged: owner) { entry = nil }
        }
        return unsafe admission.admit(packet, message, segment, tag: tag, &sessions, now)
    }

    @inline(__always)
    @_noLocks
    private func send(_ segment: iovec, by slot: UInt16, _ queue: inout TransmitQueue) {
        guard let run = unsafe queue.append(segment, to: TargetSet(group: Int32(slot))) else { return }
        queue.append(Transmit(run: run, slot: slot))
    }

    /// Returns the slot of the socket by which a datagram that has not been seen goes to WireGuard; nil when it does not,
    /// which is counted.
    @_noLocks
    private mutating func slot(
        for message: Message, _ key: DuplicateWindow.Key, _ path: PathIndex, _ now: Int64
    ) -> UInt16? {
        switch admission.owner(of: message, by: path, &sessions, now) {
        case .session: break
        case .stranger(let session):
            // Should it be forged, WireGuard does not mind; should it not be, its answers go where they went.
            return admission.spendAllowance(.informed, now) ? sessions.table[session].slot : nil
        case .nobody: return nil
        }
        guard let session = sessions.paths[path].session else { return nil }
        let isValidated = sessions.table[session].isValidated
        if !isValidated, !admission.spendAllowance(sessions.table[session].rank, now) { return nil }
        let timestamp = Timestamp(now)
        window.insert(
            key, now: timestamp.microseconds, owner: sessions.table.tag(session), member: sessions.paths[path].ordinal,
            isPending: !isValidated)
        statistics.copies.first(path.position, stream: session.position, second: timestamp.second)
        if sessions.table[session].joinedAt > 0,
            statistics.copies.uniques(ofStream: session.position) % UInt64(Limits.supersedeDatagrams) == 0
        {
            sessions.supersede(session, now)
        }
        switch message.kind {
        case .initiation: sessions.table[session].initiation = message.sender
        case .data where !isValidated: sessions.table[session].notePending(receiver: message.receiver)
        default: break
        }
        return sessions.table[session].slot
    }

    /// Learns what a copy of a datagram shows that has been forwarded already.
    @_noLocks
    private mutating func processDuplicate(_ entry: WindowEntry, _ path: PathIndex, _ message: Message, _ now: Int64) {
        if let owner = sessions.table.session(tagged: window.owner(entry)), sessions.paths[path].session != owner {
            sessions.mergeSessions(of: path, and: owner, message, now)
        }
        guard let session = sessions.paths[path].session else { return }
        let ordinal = sessions.paths[path].ordinal
        let tag = sessions.table.tag(session)
        if window.owner(entry) != tag {
            // The session of the path that brought it first is another one by now.
            return window.move(entry, to: tag, member: ordinal)
        }
        if sessions.receivers.session(of: message.receiver) == session {
            sessions.paths[path].ownLastReceived = now
            sessions.revive(path)
        }
        // The network may double a datagram: the path has brought it all the same, once.
        if window.members(entry) & 1 << UInt64(ordinal) != 0 { return }
        window.add(member: ordinal, to: entry)
        let age = window.age(entry, now: Timestamp(now).microseconds)
        let first = now - Int64(age) * 1000
        statistics.copies.later(path.position, stream: session.position, second: Timestamp(first).second, delay: age)
        sessions.validateMembers(UInt32(truncatingIfNeeded: window.members(entry)), of: session, message, first: first)
    }

    // MARK: Downlink

    /// Whether there is room for what WireGuard sends: to validated paths in runs; to others perhaps one by one, since each
    /// may use up its allowance.
    @_noLocks
    private func hasRoomForAnswers(_ packet: ReceivedPacket, _ queue: borrowing TransmitQueue) -> Bool {
        guard let session = sessions.table.owner(ofSlot: packet.socket.slot) else { return true }
        if sessions.table[session].isValidated && sessions.table[session].pendingMembers == 0 {
            let members = sessions.table[session].members.nonzeroBitCount
            return queue.hasRoom(for: packet, targets: max(1, max(members, sessions.lastKnown.count(session))))
        }
        // With the first answer it may become part of any other session.
        let count = packet.segmentCount
        return queue.hasRoom(
            segments: count, runs: count, transmits: count * 2 * sessions.table.limits.maxPathsPerSession)
    }

    @_noLocks
    private mutating func sendToPaths(_ packet: ReceivedPacket, _ queue: inout TransmitQueue, _ now: Int64) {
        counters.noteReceived(packet.socket.slot, at: now)
        for index in 0..<packet.segmentCount {
            let segment = unsafe packet.segment(index)
            let message = unsafe Message(segment.iov_base, length: segment.iov_len)
            if case .foreign = message.kind {
                counters.add(.notWireGuard, 1)
                continue
            }
            guard let session = learn(message, packet.socket.slot, now) else {
                counters.add(.noPath, 1)
                continue
            }
            if unsafe segment.iov_len > Message.keepAliveLength { statistics.sessions.add(session, .expectedReplies, 1) }
            let targets = unsafe targets(of: session, message, length: segment.iov_len, now)
            if targets.bits != 0, let run = unsafe queue.append(segment, to: targets) {
                transmit(run, session, to: targets.bits, &queue)
            }
        }
    }

    /// Learns from a message WireGuard sent on an upstream socket. Returns the session it is for.
    @_noLocks
    private mutating func learn(_ message: Message, _ slot: UInt16, _ now: Int64) -> SessionIndex? {
        guard var session = sessions.table.owner(ofSlot: slot) else { return nil }
        if !sessions.table[session].isValidated {
            guard sessions.validates(message, session) else { return session }
            admission.regainAllowance(sessions.table[session].rank)
            guard let settled = sessions.settle(session, message, slot, now) else { return nil }
            session = settled
        }
        sessions.learnIndices(message, session)
        return session
    }

    /// Marks the addresses where a silent client was last, beside the bits of up to 32 paths.
    private static var lastKnownBit: UInt64 { @_noLocks get { 1 << 63 } }

    /// Returns the paths of a session that a datagram of its WireGuard goes to: all that are validated, and others as far
    /// as they have sent as much themselves.
    @_noLocks
    private mutating func targets(
        of session: SessionIndex, _ message: Message, length: Int, _ now: Int64
    ) -> TargetSet {
        var bits = UInt64(sessions.table[session].validatedMembers)
        var pending = sessions.table[session].pendingMembers
        if bits == 0, pending == 0 || sessions.lastKnown.count(session) != 0 {
            if sessions.mayAskLastKnown(session, message, now) { bits |= Self.lastKnownBit }
        }
        while pending != 0 {
            let ordinal = pending.trailingZeroBitCount
            pending &= pending - 1
            let path = sessions.table.member(session, ordinal)
            // A silent client's own addresses have been seen to already.
            guard sessions.paths[path].amplificationAllowance >= length, !sessions.isLastKnownOfSilent(path) else {
                continue
            }
            sessions.paths[path].amplificationAllowance -= length
            bits |= 1 << UInt64(ordinal)
        }
        let group = Int32(truncatingIfNeeded: Limits.socketSlots) + session.raw
        return TargetSet(group: group, version: sessions.table[session].membersVersion, bits: bits)
    }

    @_noLocks
    private func transmit(_ run: Int32, _ session: SessionIndex, to bits: UInt64, _ queue: inout TransmitQueue) {
        if bits & Self.lastKnownBit != 0 {
            for position in 0..<sessions.lastKnown.count(session) {
                let entry = sessions.lastKnown.entry(session, position)
                queue.append(Transmit(run: run, slot: listenSlot, to: entry.address, from: entry.local))
            }
        }
        var rest = bits & ~Self.lastKnownBit
        while rest != 0 {
            let path = sessions.table.member(session, rest.trailingZeroBitCount)
            rest &= rest - 1
            queue.append(
                Transmit(
                    run: run, slot: listenSlot, to: sessions.paths[path].address, from: sessions.paths[path].local,
                    target: TransmitTarget(path: path, tenant: sessions.paths[path].tenant)))
        }
    }

    // MARK: Commands and timers

    @_noLocks
    mutating func apply(_ command: Command) {
        switch command {
        case .attach(let socket, descriptor: _, let role):
            sockets.attach(socket, as: role)
            if case .listen = role { listenSlot = socket.slot }
            if case .upstream = role { sessions.table.free(slot: socket.slot) }
        case .detach(let socket):
            guard case .some(let role) = sockets.role(of: socket) else { return }
            sockets.detach(socket)
            if case .upstream = role { sessions.loseSocket(socket.slot) }
        default: break
        }
    }

    @_noLocks
    mutating func expire(now: Int64, into queue: inout TransmitQueue) { sessions.expire(now: now) }
}
