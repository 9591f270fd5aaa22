// SPDX-License-Identifier: GPL-2.0-or-later

internal import CShims.Socket
internal import Sockets

/// How sessions and paths end, and what becomes of their sockets.
extension ServerRelay {
    /// Ends a session and all its paths.
    @_noLocks
    mutating func close(_ index: Int32) {
        var members = unsafe sessions[index].pointee.members
        while members != 0 {
            let path = sessions.member(index, members.trailingZeroBitCount)
            members &= members - 1
            drop(path)
        }
        giveUpFormerSlot(of: index)
        giveUp(unsafe sessions[index].pointee.slot, of: index)
        receivers.forget(session: index)
        lastKnown.forget(session: index)
        boards.sessions.withdraw(index)
        sessions.close(index)
    }

    /// A session needs one of its sockets no more. Where WireGuard has answered it may go on speaking to it, so the
    /// socket is closed and replaced; else it may serve another session.
    @_noLocks
    private mutating func giveUp(_ slot: UInt16, of session: Int32) {
        guard unsafe sessions[session].pointee.isProven || sessions.isAnswered(slot: slot) else {
            return sessions.free(slot: slot)
        }
        sessions.disown(slot: slot)
        counters.set(.isRetired, slot: slot, 1)
    }

    @_noLocks
    mutating func giveUpFormerSlot(of session: Int32) {
        let slot = unsafe sessions[session].pointee.formerSlot
        guard slot >= 0 else { return }
        unsafe sessions[session].pointee.formerSlot = -1
        giveUp(UInt16(truncatingIfNeeded: slot), of: session)
    }

    /// An upstream socket has been taken away. Its session ends; its client's next datagram opens another.
    @_noLocks
    mutating func loseSocket(_ slot: UInt16) {
        let owner = sessions.owner(ofSlot: slot)
        if owner >= 0 {
            if unsafe sessions[owner].pointee.slot == slot {
                close(owner)
            } else {
                unsafe sessions[owner].pointee.formerSlot = -1
            }
        }
        sessions.disown(slot: slot)
    }

    @_noLocks
    mutating func expire(now: Int64, into queue: inout TransmitQueue) {
        guard now >= nextExpiry else { return }
        nextExpiry = .max
        var position = 0
        while true {
            let gone = paths.nextGone(
                from: &position, now: now, timeout: sessions.limits.pathTimeoutNanoseconds, next: &nextExpiry)
            if gone < 0 { break }
            rememberPath(gone)
            drop(gone)
        }
        position = 0
        while position < sessions.count {
            let index = sessions.live(position)
            if isOver(index, now) {
                close(index)  // another session moves to this position
            } else {
                position += 1
            }
        }
    }

    /// Looks after what a session has with a time on it. Returns whether it is over.
    @_noLocks
    private mutating func isOver(_ index: Int32, _ now: Int64) -> Bool {
        let session = unsafe sessions[index]
        if unsafe session.pointee.members == 0 {
            if lastKnown.count(index) == 0 { return true }
            fallAsleep(index)
        }
        if unsafe !session.pointee.isProven {
            let goneAt = unsafe session.pointee.lastHeard + Limits.provisionalNanoseconds
            if goneAt <= now { return true }
            nextExpiry = min(nextExpiry, goneAt)
        }
        if unsafe session.pointee.formerSlot >= 0 {
            if unsafe session.pointee.formerUntil <= now {
                giveUpFormerSlot(of: index)
            } else {
                unsafe nextExpiry = min(nextExpiry, session.pointee.formerUntil)
            }
        }
        return false
    }

    /// Lets go of members that fell silent about when another one joined and have missed plenty since: their link has
    /// been given another address. Asked while datagrams come, so that an idle server sleeps.
    @_noLocks
    mutating func supersede(_ index: Int32, _ now: Int64) {
        let session = unsafe sessions[index].pointee
        let settledAt = session.joinedAt + Limits.supersedeNanoseconds
        var isOpen = now < settledAt + Limits.supersedeNanoseconds
        var members = session.members
        while members != 0 {
            let path = sessions.member(index, members.trailingZeroBitCount)
            members &= members - 1
            let lastHeard = unsafe paths[path].pointee.lastHeard
            let missed = boards.copies.missed(Int(path), stream: Int(index))
            guard lastHeard < settledAt, missed > 0 else { continue }
            if now - lastHeard >= Limits.supersedeNanoseconds, missed >= Limits.supersedeDatagrams {
                drop(path)
            } else {
                isOpen = true
            }
        }
        if !isOpen { unsafe sessions[index].pointee.joinedAt = 0 }
    }
}
