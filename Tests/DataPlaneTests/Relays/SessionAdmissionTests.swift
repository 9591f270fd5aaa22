// SPDX-License-Identifier: GPL-2.0-or-later

import CShims.Socket
import Sockets
import Testing
import WireGuardWire

@testable import DataPlane

/// Who may become a path, asked without a relay around it.
@Suite struct SessionAdmissionTests {
    /// An admission and the sessions it decides about.
    private final class Scene {
        let counters = Counters()
        private var sessions: ServerSessions
        private var admission: SessionAdmission
        private var memory: [UnsafeMutableRawPointer] = []

        init(sessions maxSessions: Int = 4, pathsPerSession: Int = 4, paths: Int = 8, upstreams: UInt16 = 40) {
            let limits = SessionLimits(
                maxSessions: maxSessions, maxPathsPerSession: pathsPerSession, maxPaths: paths,
                pathTimeoutNanoseconds: 30_000_000_000)
            sessions = ServerSessions(counters: counters, statistics: ServerStatistics(limits), events: .unread, limits: limits)
            admission = SessionAdmission(counters: counters, verifier: nil)
            for slot in 1...upstreams { sessions.table.free(slot: slot) }
        }

        deinit {
            for pointer in memory { pointer.deallocate() }
            counters.deallocate()
        }

        /// Asks for a path for what came from this address; the path's session.
        func admit(_ number: Int, _ datagram: [UInt8], copyOf tag: UInt32? = nil, at now: Int64 = 1) -> SessionIndex? {
            let bytes = UnsafeMutableRawPointer.allocate(byteCount: datagram.count, alignment: 8)
            memory.append(bytes)
            bytes.copyMemory(from: datagram, byteCount: datagram.count)
            let packet = ReceivedPacket(
                socket: SocketHandle(slot: 0, generation: 1), length: datagram.count, segmentSize: datagram.count,
                payload: bytes, source: ServerScene.path(number), local: engarde_packet_info())
            let path = admission.admit(
                packet, Message(bytes, length: datagram.count), packet.segment(0), tag: tag, &sessions, now)
            return path.flatMap { sessions.paths[$0].session }
        }

        func spend(_ rank: Session.Rank, at now: Int64) -> Bool { admission.spendAllowance(rank, now) }
        func look<T>(_ body: (borrowing ServerSessions) -> T) -> T { body(sessions) }
        func change(_ body: (inout ServerSessions) -> Void) { body(&sessions) }
        func dropped(_ reason: DropReason) -> UInt64 { counters.value(reason) }
    }

    private typealias Datagram = WireGuardDatagram

    @Test("A stranger's handshake or data opens a pending session with a socket of its own; answers of nobody do not")
    func strangers() {
        let scene = Scene()
        let first = scene.admit(1, Datagram.initiation(7))
        let second = scene.admit(2, Datagram.data(99, 0))
        #expect(first != nil && second != nil && first!.raw != second!.raw)
        scene.look {
            #expect($0.table.pendingCount == 2 && $0.table.validatedCount == 0)
            #expect($0.table[first!].slot != $0.table[second!].slot)
            #expect($0.table[first!].rank == .plain && $0.table[second!].rank == .plain)
        }
        #expect(scene.admit(3, Datagram.response(1, to: 2)) == nil)
        #expect(scene.admit(4, Datagram.cookie(to: 2)) == nil)
        #expect(scene.dropped(.unknownReceiver) == 2)
    }

    @Test("A copy of what a session has just sent joins it; a copy whose session is gone is as good as new")
    func copies() {
        let scene = Scene()
        let first = scene.admit(1, Datagram.data(99, 0))!
        let tag = scene.look { $0.table.tag(first) }
        #expect(scene.admit(2, Datagram.data(99, 0), copyOf: tag)?.raw == first.raw)
        scene.change { $0.close(first) }
        let next = scene.admit(2, Datagram.data(99, 0), copyOf: tag)
        #expect(next != nil)
        scene.look { #expect($0.table.count == 1 && $0.table[next!].opener >= 0) }
    }

    @Test("Data for an index that WireGuard gave outranks data for one it did not")
    func ranks() {
        let scene = Scene()
        let first = scene.admit(1, Datagram.initiation(7))!
        scene.change {
            $0.table.validate(first)
            $0.receivers.learn(500, session: first)
        }
        let informed = scene.admit(2, Datagram.data(500, 1))!
        scene.look { #expect($0.table[informed].rank == .informed && !$0.table[informed].isValidated) }
        // So many of low rank that the places are taken; then one of them gives way, and the informed one stays.
        let others = Limits.pendingSessions - 1
        let scene2 = Scene(paths: 64, upstreams: 60)
        let kept = scene2.admit(1, Datagram.initiation(7))!
        scene2.change {
            $0.table.validate(kept)
            $0.receivers.learn(500, session: kept)
        }
        for number in 0..<others { #expect(scene2.admit(10 + number, Datagram.data(UInt32(9_000 + number), 1)) != nil) }
        #expect(scene2.admit(200, Datagram.data(500, 2)) != nil)
        #expect(scene2.admit(201, Datagram.data(500, 3)) != nil, "the oldest of low rank makes room")
        scene2.look { #expect($0.table.pendingCount == Limits.pendingSessions && $0.paths.find(ServerScene.path(10)) == nil) }
        #expect(scene2.admit(202, Datagram.data(8_000, 3)) == nil, "not for one of its own rank so soon")
        #expect(scene2.dropped(.tooManyClaims) == 1)
    }

    @Test("Without a free socket there is no session, and none without a free place for its path")
    func room() {
        let scene = Scene(upstreams: 1)
        #expect(scene.admit(1, Datagram.initiation(7)) != nil)
        #expect(scene.admit(2, Datagram.initiation(8)) == nil)
        #expect(scene.dropped(.noUpstream) == 1)
        scene.look { #expect($0.table.count == 1 && $0.paths.count == 1) }
        let crowded = Scene(pathsPerSession: 1)
        let only = crowded.admit(1, Datagram.data(9, 0), at: 1)!
        let tag = crowded.look { $0.table.tag(only) }
        #expect(crowded.admit(2, Datagram.data(9, 0), copyOf: tag, at: 2) == nil)
        #expect(crowded.dropped(.sessionPathsFull) == 1)
        // One that has been silent for a second gives way.
        #expect(crowded.admit(2, Datagram.data(9, 0), copyOf: tag, at: 2_000_000_000)?.raw == only.raw)
        crowded.look { #expect($0.paths.find(ServerScene.path(1)) == nil) }
    }

    @Test("Unanswered sessions forward a few datagrams a period, those of the higher rank more")
    func allowances() {
        let scene = Scene()
        for (rank, most) in [(Session.Rank.plain, Limits.plainAllowance), (.informed, Limits.informedAllowance)] {
            let spent = (0..<100).count { _ in scene.spend(rank, at: 1) }
            #expect(spent == most)
        }
        #expect(!scene.spend(.plain, at: Limits.allowanceNanoseconds) && scene.spend(.plain, at: Limits.allowanceNanoseconds + 1))
    }
}
