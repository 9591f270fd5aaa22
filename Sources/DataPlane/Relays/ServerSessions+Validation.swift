// SPDX-License-Identifier: GPL-2.0-or-later

internal import CShims.Socket
internal import Sockets
internal import WireGuardWire

/// How WireGuard's own messages validate sessions: it sends to an address only after something authentic came from there.
extension ServerSessions {
    /// Whether a message that WireGuard sent on a pending session's socket validates it. The exception is the cookie reply,
    /// by which a busy WireGuard asks whether the address is real.
    @_noLocks
    func validates(_ message: Message, _ session: SessionIndex) -> Bool {
        switch message.kind {
        case .initiation, .data: true
        case .response: message.receiver == table[session].initiation
        case .cookieReply, .foreign: false
        }
    }

    /// Makes a pending session a validated one, or part of the one its client already has. Returns that one, or nil when
    /// there are too many.
    ///
    /// WireGuard's answer shows that something it got on this socket was authentic, but not that everything was. So it is
    /// the named client's only if WireGuard names it as it names that client.
    @inline(never)
    @_noLocks
    mutating func settle(_ session: SessionIndex, _ message: Message, _ slot: UInt16, _ now: Int64) -> SessionIndex? {
        table.noteAnswer(onSlot: slot)
        preferSlot(slot, of: session)
        let opener = table[session].opener
        if opener >= 0 { validate(table.member(session, opener), of: session) }
        var learns = false
        if table[session].hasPendingReceiver, case .data = message.kind {
            let known = receivers.session(of: table[session].pendingReceiver)
            if let known, table[known].isNamed(message.receiver) {
                merge(session, into: known, now)
                return known
            }
            if case .none = known { learns = true }
        }
        guard makeRoomForSession(now) else {
            counters.add(.sessionTableFull, 1)
            close(session)
            return nil
        }
        table.validate(session)
        statistics.sessions.set(session, .isValidated, 1)
        if learns { receivers.learn(table[session].pendingReceiver, session: session) }
        return session
    }

    /// Learns the indices that WireGuard gives or uses in a message to a session.
    @_noLocks
    mutating func learnIndices(_ message: Message, _ session: SessionIndex) {
        switch message.kind {
        case .initiation: receivers.learn(message.sender, session: session)
        case .response:
            receivers.learn(message.sender, session: session)
            table[session].note(name: message.receiver)
        case .data: table[session].note(name: message.receiver)
        default: break
        }
    }

    /// Of a session's two sockets the one that WireGuard answers on is the one it goes on with.
    @_noLocks
    private mutating func preferSlot(_ slot: UInt16, of session: SessionIndex) {
        guard table[session].slot != slot else { return }
        table[session].formerSlot = table[session].slot
        table[session].slot = slot
        statistics.sessions.set(session, .slot, UInt64(slot))
    }

    /// Whether another validated session fits: a silent client's gives way, the one that has been of no use for longest,
    /// but none that is alive.
    @inline(never)
    @_noLocks
    private mutating func makeRoomForSession(_ now: Int64) -> Bool {
        if table.validatedCount < table.limits.maxSessions { return true }
        var oldest: SessionIndex?
        var (oldestUsed, isAsleep) = (now - Limits.liveNanoseconds, false)
        for position in 0..<table.validatedCount {
            let index = table.live(position)
            if isAsleep && !table[index].isAsleep { continue }
            let used = max(table[index].lastReceived, table[index].lastAsked)
            if table[index].isAsleep && !isAsleep || used < oldestUsed {
                oldest = index
                (oldestUsed, isAsleep) = (used, table[index].isAsleep)
            }
        }
        guard let oldest else { return false }
        close(oldest)
        return true
    }
}
