// SPDX-License-Identifier: GPL-2.0-or-later

internal import CShims.Socket
internal import Sockets

/// How sessions and paths end, and what becomes of their sockets.
extension ServerSessions {
    /// Ends a session and all its paths.
    @inline(never)
    @_noLocks
    mutating func close(_ index: SessionIndex) {
        var members = table[index].members
        while members != 0 {
            let path = table.member(index, members.trailingZeroBitCount)
            members &= members - 1
            drop(path)
        }
        giveUpFormerSlot(of: index)
        giveUp(table[index].slot, of: index)
        receivers.forget(session: index)
        lastKnown.forget(session: index)
        statistics.sessions.withdraw(index)
        table.close(index)
    }

    /// Gives up a socket that a session no longer needs. Where WireGuard has answered it may go on sending to it, so the
    /// socket is closed and replaced; else it may serve another session.
    @_noLocks
    private mutating func giveUp(_ slot: UInt16, of session: SessionIndex) {
        guard table[session].isValidated || table.isAnswered(slot: slot) else { return table.free(slot: slot) }
        table.disown(slot: slot)
        events.post(.retired(slot: slot))
    }

    @_noLocks
    mutating func giveUpFormerSlot(of session: SessionIndex) {
        guard let slot = table[session].formerSlot else { return }
        table[session].formerSlot = nil
        giveUp(slot, of: session)
    }

    /// Notes that an upstream socket has been taken away. Its session ends; its client's next datagram opens another.
    @_noLocks
    mutating func loseSocket(_ slot: UInt16) {
        if let owner = table.owner(ofSlot: slot) {
            if table[owner].slot == slot { close(owner) } else { table[owner].formerSlot = nil }
        }
        table.disown(slot: slot)
    }

    /// Lets go of paths and sessions that have been silent too long.
    @_noLocks
    mutating func expire(now: Int64) {
        guard now >= nextExpiry else { return }
        nextExpiry = .max
        var position = 0
        while let gone = paths.nextGone(
            from: &position, now: now, timeout: table.limits.pathTimeoutNanoseconds, next: &nextExpiry)
        {
            rememberPath(gone)
            drop(gone)
        }
        position = 0
        while position < table.count {
            let index = table.live(position)
            if isOver(index, now) {
                close(index)  // another session moves to this position
            } else {
                position += 1
            }
        }
    }

    /// Handles the timers of a session. Returns whether it is over.
    @inline(never)
    @_noLocks
    private mutating func isOver(_ index: SessionIndex, _ now: Int64) -> Bool {
        if table[index].members == 0 {
            if lastKnown.count(index) == 0 { return true }
            fallAsleep(index)
        }
        if !table[index].isValidated {
            let goneAt = table[index].lastReceived + Limits.pendingNanoseconds
            if goneAt <= now { return true }
            nextExpiry = min(nextExpiry, goneAt)
        }
        if case .some = table[index].formerSlot {
            if table[index].formerUntil <= now {
                giveUpFormerSlot(of: index)
            } else {
                nextExpiry = min(nextExpiry, table[index].formerUntil)
            }
        }
        return false
    }

    /// Drops members that fell silent about when another one joined and have missed plenty since: their link has been given
    /// another address. Called while datagrams come, so that an idle server sleeps.
    @inline(never)
    @_noLocks
    mutating func supersede(_ index: SessionIndex, _ now: Int64) {
        let settledAt = table[index].joinedAt + Limits.supersedeNanoseconds
        var isOpen = now < settledAt + Limits.supersedeNanoseconds
        var members = table[index].members
        while members != 0 {
            let path = table.member(index, members.trailingZeroBitCount)
            members &= members - 1
            let lastReceived = paths[path].lastReceived
            let missed = statistics.copies.missed(path.position, stream: index.position)
            guard lastReceived < settledAt, missed > 0 else { continue }
            if now - lastReceived >= Limits.supersedeNanoseconds, missed >= Limits.supersedeDatagrams {
                drop(path)
            } else {
                isOpen = true
            }
        }
        if !isOpen { table[index].joinedAt = 0 }
    }
}
