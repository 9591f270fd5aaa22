// SPDX-License-Identifier: GPL-2.0-or-later

import Sockets

@testable import DataPlane

extension ServerRelay {
    /// What is wrong with the tables, found the slow way: each is asked about everything the others say.
    ///
    /// - Parameters:
    ///   - slots: upstream sockets that are attached.
    ///   - addresses: all that may be paths.
    ///   - receivers: indices that may be known.
    ///   - now: the time of the turn that is over.
    func problems(
        slots: Set<UInt16>, addresses: [SocketAddress], receivers indices: ClosedRange<UInt32>, at now: Int64
    ) -> [String] {
        var problems: [String] = []
        func check(_ holds: Bool, _ what: String) { if !holds { problems.append(what) } }

        let live = (0..<sessions.count).map { sessions.live($0) }
        check(Set(live).count == live.count, "a session is live twice")
        check(live.prefix(sessions.provenCount).allSatisfy { sessions[$0].pointee.isProven }, "a proven one is not")
        check(!live.dropFirst(sessions.provenCount).contains { sessions[$0].pointee.isProven }, "a claim is proven")
        check(sessions.provenCount <= sessions.limits.maxSessions, "too many sessions")
        check(sessions.provisionalCount <= Limits.provisionalSessions, "too many claims")

        let rows = (0..<paths.count).map { paths.live($0) }
        check(Set(rows).count == rows.count, "a path is live twice")
        check(Set(rows) == Set(addresses.map { paths.find($0) }.filter { $0 >= 0 }), "a path is not found by address")
        for path in rows {
            let member = paths.path(path)
            guard live.contains(member.session) else {
                problems.append("path \(path) is in no live session")
                continue
            }
            let session = sessions[member.session].pointee
            check(session.members & 1 << UInt32(member.ordinal) != 0, "path \(path) is no member")
            check(sessions.member(member.session, member.ordinal) == path, "path \(path) is not the member it says")
            check((session.provenMembers & 1 << UInt32(member.ordinal) != 0) == member.isProven, "path \(path)'s proof")
            check(deadline <= member.lastHeard + sessions.limits.pathTimeoutNanoseconds, "path \(path) has no end")
        }
        for index in live {
            let session = sessions[index].pointee
            check(session.provenMembers & ~session.members == 0, "a proven member is none")
            check(session.members.nonzeroBitCount <= sessions.limits.maxPathsPerSession, "too many members")
            check(session.members.nonzeroBitCount == rows.count { paths.path($0).session == index }, "members are lost")
            check(session.members != 0 || session.isAsleep || deadline <= now, "an empty session has no end")
            check(!session.isAsleep || session.members == 0, "a session with paths is asleep")
            check(
                !session.isAsleep || lastKnown.count(index) > 0 || deadline <= now,
                "nobody knows where a silent client was")
            check(session.isProven || session.provenMembers == 0, "a claim has proven members")
            check(
                session.isProven || deadline <= session.lastHeard + Limits.provisionalNanoseconds, "a claim has no end")
            check(session.formerSlot < 0 || deadline <= session.formerUntil, "a former socket has no end")
        }

        for address in addresses {
            let session = lastKnown.session(of: address)
            check(session < 0 || live.contains(session) && sessions[session].pointee.isProven, "a dead client is known")
            let path = paths.find(address)
            check(session < 0 || path < 0 || !paths.path(path).isProven, "a proven path is known as silent")
        }

        // Each socket is free, one session's, or retired.
        var holders: [UInt16: Int] = [:]
        for position in 0..<sessions.freeSlotCount { holders[sessions.freeSlot(position), default: 0] += 1 }
        for index in live {
            let session = sessions[index].pointee
            holders[session.slot, default: 0] += 1
            check(sessions.owner(ofSlot: session.slot) == index, "a socket is not its session's")
            guard session.formerSlot >= 0 else { continue }
            holders[UInt16(session.formerSlot), default: 0] += 1
            check(sessions.owner(ofSlot: UInt16(session.formerSlot)) == index, "a former socket is not its session's")
        }
        check(Set(holders.keys).isSubset(of: slots), "a socket is used that is not there")
        for slot in slots {
            let isRetired = counters.value(.isRetired, slot: slot) != 0
            check(holders[slot, default: 0] + (isRetired ? 1 : 0) == 1, "socket \(slot) leaks or is shared")
        }

        for index in indices {
            let session = receivers.session(of: index)
            check(session < 0 || live.contains(session) && sessions[session].pointee.isProven, "index \(index) dangles")
        }

        let records = boards.paths.records()
        check(Set(records.map(\.index)) == Set(rows.map(Int.init)), "the path board says otherwise")
        for record in records {
            let path = paths.path(Int32(record.index))
            check(
                record.address == path.address && record.session == Int(path.session)
                    && record.isProven == path.isProven, "the path board is wrong about \(record.address)")
        }
        let published = boards.sessions.records()
        let awake = live.filter { !sessions[$0].pointee.isAsleep }
        check(Set(published.map(\.index)) == Set(awake.map(Int.init)), "the session board says otherwise")
        for record in published {
            let session = sessions[Int32(record.index)].pointee
            check(
                record.isProven == session.isProven && record.slot == session.slot && record.id == session.id,
                "the session board is wrong about \(record.id)")
        }
        return problems
    }
}
