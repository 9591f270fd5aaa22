// SPDX-License-Identifier: GPL-2.0-or-later

import Sockets

@testable import DataPlane

extension ServerRelay {
    /// What is wrong with the tables, found the slow way: each is asked about everything the others say.
    ///
    /// - Parameters:
    ///   - slots: upstream sockets that are attached.
    ///   - addresses: all that may be sessions.paths.
    ///   - receivers: indices that may be known.
    ///   - now: the time of the turn that is over.
    ///   - isRetired: whether a socket has been reported as of no more use.
    func problems(
        slots: Set<UInt16>, addresses: [SocketAddress], receivers indices: ClosedRange<UInt32>, at now: Int64,
        isRetired: (UInt16) -> Bool
    ) -> [String] {
        var problems: [String] = []
        func check(_ holds: Bool, _ what: String) { if !holds { problems.append(what) } }

        let live = (0..<sessions.table.count).map { sessions.table.live($0) }
        check(Set(live).count == live.count, "a session is live twice")
        check(live.prefix(sessions.table.validatedCount).allSatisfy { sessions.table[$0].isValidated }, "a validated one is not")
        check(!live.dropFirst(sessions.table.validatedCount).contains { sessions.table[$0].isValidated }, "a pending one is validated")
        check(sessions.table.validatedCount <= sessions.table.limits.maxSessions, "too many sessions")
        check(sessions.table.pendingCount <= Limits.pendingSessions, "too many pending sessions")

        let rows = (0..<sessions.paths.count).map { sessions.paths.live($0) }
        check(Set(rows).count == rows.count, "a path is live twice")
        check(Set(rows) == Set(addresses.compactMap { sessions.paths.find($0) }), "a path is not found by address")
        for path in rows {
            let member = sessions.paths[path]
            guard let index = member.session, live.contains(index) else {
                problems.append("path \(path) is in no live session")
                continue
            }
            let session = sessions.table[index]
            check(session.members & 1 << UInt32(member.ordinal) != 0, "path \(path) is no member")
            check(sessions.table.member(index, member.ordinal) == path, "path \(path) is not the member it says")
            check((session.validatedMembers & 1 << UInt32(member.ordinal) != 0) == member.isValidated, "path \(path)'s proof")
            check(deadline <= member.lastReceived + sessions.table.limits.pathTimeoutNanoseconds, "path \(path) has no end")
        }
        for index in live {
            let session = sessions.table[index]
            check(session.validatedMembers & ~session.members == 0, "a validated member is none")
            check(session.members.nonzeroBitCount <= sessions.table.limits.maxPathsPerSession, "too many members")
            check(session.members.nonzeroBitCount == rows.count { sessions.paths[$0].session == index }, "members are lost")
            check(session.members != 0 || session.isAsleep || deadline <= now, "an empty session has no end")
            check(!session.isAsleep || session.members == 0, "a session with paths is asleep")
            check(
                !session.isAsleep || sessions.lastKnown.count(index) > 0 || deadline <= now,
                "nobody knows where a silent client was")
            check(session.isValidated || session.validatedMembers == 0, "a pending session has validated members")
            check(
                session.isValidated || deadline <= session.lastReceived + Limits.pendingNanoseconds, "a pending session has no end")
            check(session.formerSlot == nil || deadline <= session.formerUntil, "a former socket has no end")
        }

        for address in addresses {
            let session = sessions.lastKnown.session(of: address)
            guard let session else { continue }
            check(live.contains(session) && sessions.table[session].isValidated, "a dead client is known")
            guard let path = sessions.paths.find(address) else { continue }
            check(!sessions.paths[path].isValidated, "a validated path is known as silent")
        }

        // Each socket is free, one session's, or retired.
        var holders: [UInt16: Int] = [:]
        for position in 0..<sessions.table.freeSlotCount { holders[sessions.table.freeSlot(position), default: 0] += 1 }
        for index in live {
            let session = sessions.table[index]
            holders[session.slot, default: 0] += 1
            check(sessions.table.owner(ofSlot: session.slot) == index, "a socket is not its session's")
            guard let former = session.formerSlot else { continue }
            holders[former, default: 0] += 1
            check(sessions.table.owner(ofSlot: former) == index, "a former socket is not its session's")
        }
        check(Set(holders.keys).isSubset(of: slots), "a socket is used that is not there")
        for slot in slots {
            check(holders[slot, default: 0] + (isRetired(slot) ? 1 : 0) == 1, "socket \(slot) leaks or is shared")
        }

        for index in indices {
            let session = sessions.receivers.session(of: index)
            guard let session else { continue }
            check(live.contains(session) && sessions.table[session].isValidated, "index \(index) dangles")
        }

        let records = sessions.statistics.paths.records()
        check(Set(records.map(\.index)) == Set(rows.map(\.position)), "the path statistics says otherwise")
        for record in records {
            let path = sessions.paths[PathIndex(Int32(record.index))]
            check(
                record.address == path.address && record.session == path.session?.position
                    && record.isValidated == path.isValidated, "the path statistics is wrong about \(record.address)")
        }
        let published = sessions.statistics.sessions.records()
        let awake = live.filter { !sessions.table[$0].isAsleep }
        check(Set(published.map(\.index)) == Set(awake.map(\.position)), "the session statistics says otherwise")
        for record in published {
            let session = sessions.table[SessionIndex(Int32(record.index))]
            check(
                record.isValidated == session.isValidated && record.slot == session.slot && record.id == session.id,
                "the session statistics is wrong about \(record.id)")
        }
        return problems
    }
}
