// SPDX-License-Identifier: GPL-2.0-or-later

import Sockets
import Testing

@testable import DataPlane

/// What claims, true and false, may do to the sessions there are.
@Suite struct ServerClaimTests {
    private typealias Datagram = WireGuardDatagram
    private typealias Scene = ServerScene

    @Test("WireGuard has answered but there is no room for the session: its socket serves nobody else")
    func answeredInVain() {
        let scene = Scene(Scene.limits(sessions: 1))
        _ = scene.client([1], index: 7)
        let slot = scene.up(2, Datagram.initiation(8), at: 2_000)[0]
        #expect(scene.down(slot, Datagram.response(1008, to: 8), at: 2_001) == [])
        #expect(scene.bench.isRetired(slot))
        #expect(scene.up(3, Datagram.initiation(9), at: 2_002) != [slot])
    }

    @Test("Two claims of a client that has roamed become one: the socket WireGuard answers on stays theirs")
    func answeredOnTheSecond() {
        let scene = Scene()
        _ = scene.client([1, 2], index: 7)
        let later = 2 * scene.second
        #expect(scene.up(3, Datagram.data(1007, 10), at: later).count == 1)
        let second = scene.up(4, Datagram.data(1007, 11), at: later + 1)[0]
        #expect(scene.up(3, Datagram.data(1007, 11), at: later + 2) == [])
        #expect(scene.down(second, Datagram.data(7, 5), at: later + 3).contains(3))
        #expect(scene.down(second, Datagram.data(7, 6), at: later + 4).contains(3))
        #expect(scene.up(9, Datagram.data(99, 1), at: later + 5) != [second])
    }

    @Test("A socket that has just served a claim rests for as long as it can: WireGuard may answer that claim still")
    func lateAnswer() {
        let scene = Scene()
        let slot = scene.up(1, Datagram.data(50, 1), at: 0)[0]
        _ = scene.bench.turn(at: 7 * scene.second)
        #expect(scene.statistics.sessions.records().isEmpty)
        #expect(scene.up(2, Datagram.data(51, 1), at: 7 * scene.second) != [slot])
    }

    @Test("Who takes the place of the path that opened a session is not proven by the answer to it")
    func opener() {
        let scene = Scene(Scene.limits(pathsPerSession: 1))
        let slot = scene.up(1, Datagram.data(50, 1), at: 0)[0]
        #expect(scene.up(2, Datagram.data(50, 1), at: 2 * scene.second) == [])
        #expect(scene.statistics.paths.records().map(\.address) == [Scene.path(2)])
        #expect(scene.down(slot, Datagram.data(7, 1, size: 1400), at: 2 * scene.second + 1) == [])
    }

    @Test("A client cannot become part of another by naming its index first", arguments: [true, false])
    func strangersIndex(withHandshake: Bool) {
        let scene = Scene()
        let victim = scene.client([1], index: 7)
        let own = scene.up(2, Datagram.data(1007, 99, tag: 1), at: 2_000)[0]
        if withHandshake {
            #expect(scene.up(2, Datagram.initiation(8), at: 2_001) == [own])
            #expect(scene.down(own, Datagram.response(1008, to: 8), at: 2_002) == [2])
        } else {
            #expect(scene.up(2, Datagram.data(1008, 5), at: 2_001) == [own])
            #expect(scene.down(own, Datagram.data(8, 5), at: 2_002) == [2])
        }
        #expect(scene.down(victim, Datagram.data(7, 5), at: 2_003) == [1])
        #expect(scene.down(own, Datagram.data(8, 6, size: 1400), at: 2_004) == [2])
        #expect(scene.up(1, Datagram.data(1007, 6), at: 2_005) == [victim])
    }

    @Test("An address changes hands between clients, and each goes on being sent its own and nothing else")
    func changedHands() {
        let scene = Scene()
        let a = scene.client([1, 2], index: 7)
        let b = scene.client([3, 4], index: 8)
        var now = 2 * scene.second
        // The new owner is the first to bring each datagram.
        for counter in 10..<14 as Range<UInt64> {
            now += 10
            #expect(!scene.up(2, Datagram.data(1008, counter), at: now).contains(a))
            #expect(scene.up(3, Datagram.data(1008, counter), at: now) == [])
            #expect(scene.up(4, Datagram.data(1008, counter), at: now) == [])
        }
        #expect(scene.up(1, Datagram.data(1007, 10), at: now) == [a])
        #expect(scene.down(a, Datagram.data(7, 5, size: 1400), at: now) == [1])
        #expect(scene.down(b, Datagram.data(8, 5, size: 1400), at: now) == [2, 3, 4])
    }

    @Test("The only path of a client is used to name another's index: it stays its own, and is sent its own")
    func onlyPath() {
        let scene = Scene()
        let a = scene.client([1], index: 7)
        let b = scene.client([2], index: 8)
        _ = scene.up(1, Datagram.data(1008, 99, tag: 1), at: 2_000)
        var slot = a
        for counter in 10..<14 as Range<UInt64> {
            let now = 3_000 + Int64(counter) * 10
            slot = scene.up(1, Datagram.data(1007, counter), at: now).first ?? slot
            #expect(slot != b)
            let sent = scene.down(slot, Datagram.data(7, counter), at: now + 1)
            #expect(sent == [1])
        }
        #expect(scene.down(slot, Datagram.data(7, 50, size: 1400), at: 4_000) == [1])
        #expect(scene.down(b, Datagram.data(8, 50, size: 1400), at: 4_001) == [2])
    }

    @Test("Claims with many paths each do not keep clients out of the path table")
    func crowdedPaths() {
        let scene = Scene(Scene.limits(sessions: 2, paths: 4), upstreams: 40)
        let slot = scene.client([1], index: 7)
        for number in 0..<40 { _ = scene.up(10 + number, Datagram.data(UInt32(5_000 + number / 4), 1), at: 2_000) }
        #expect(scene.bench.counters.value(.pathTableFull) > 0)
        #expect(scene.up(1, Datagram.data(1007, 10), at: 2_001) == [slot])
        #expect(scene.up(2, Datagram.data(1007, 10), at: 2_002) == [])
        #expect(scene.statistics.paths.records().contains { $0.address == Scene.path(2) }, "a live client's new link")
        #expect(scene.up(3, Datagram.initiation(9), at: 3 * scene.second).count == 1, "a new client")
    }

    @Test("What a path was not sent while it was proven it is not owed afterwards")
    func oldCredit() {
        let scene = Scene()
        let a = scene.client([1, 2], index: 7)
        let b = scene.client([3], index: 8)
        for counter in 10..<30 as Range<UInt64> {
            #expect(scene.up(2, Datagram.data(1007, counter, size: 1400), at: 2_000) == [a])
        }
        let now = 2 * scene.second
        #expect(scene.up(3, Datagram.data(1008, 10), at: now) == [b])
        #expect(scene.up(2, Datagram.data(1008, 10), at: now) == [])
        #expect(scene.statistics.paths.records().allSatisfy { $0.session == 1 || $0.address == Scene.path(1) })
        #expect(scene.down(b, Datagram.data(8, 5, size: 1400), at: now) == [3])
    }

    @Test("A claim that becomes part of a session with many paths in the fullest batch")
    func mergeInFullBatch() {
        let scene = Scene(Scene.limits(sessions: 2, pathsPerSession: 32, paths: 128), upstreams: 40)
        _ = scene.client([1], index: 7)
        let known = Datagram.data(1007, 10, size: 1400)
        _ = scene.up(1, known, at: 2_000)
        /// Repeats what is known, so that it is owed much.
        func crowd(_ paths: Range<Int>, _ datagram: [UInt8]) -> UInt16 {
            var slot: UInt16 = 0
            for _ in 0..<10 { for path in paths { slot = scene.up(path, datagram, at: 2_001).first ?? slot } }
            return slot
        }
        _ = crowd(20..<36, known)
        let large = crowd(40..<56, Datagram.data(5_000, 1, size: 1400))
        let small = crowd(60..<64, Datagram.data(5_001, 1, size: 1400))
        let claim = crowd(99..<100, Datagram.data(1007, 20, size: 1400))
        let cookies = [[UInt8]](repeating: Datagram.cookie(to: 1), count: 64)
        for _ in 0..<3 { scene.bench.arrive(large, cookies) }
        for _ in 0..<4 { scene.bench.arrive(small, cookies) }
        scene.bench.arrive(claim, (0..<64).map { Datagram.data(7, 100 + $0, size: 64) })
        let sent = scene.bench.turn(at: 2_002)
        let copies = sent.filter { $0.destination == Scene.path(20) }.flatMap(\.datagrams)
        #expect(copies.count == 64 && Set(copies).count == 64, "each once")
    }

    @Test("A forged counter in the name of a proven path keeps no new path from being proven")
    func forgedCounter() {
        let scene = Scene()
        let slot = scene.client([1], index: 7)
        _ = scene.up(1, Datagram.data(1007, .max, tag: 1), at: 2_000)
        #expect(scene.up(1, Datagram.data(1007, 10), at: 3_000) == [slot])
        #expect(scene.up(2, Datagram.data(1007, 10), at: 4_000) == [])
        #expect(scene.down(slot, Datagram.data(7, 5, size: 1400), at: 5_000) == [1])
        #expect(scene.up(1, Datagram.data(1007, 11), at: 6_000) == [slot])
        #expect(scene.up(2, Datagram.data(1007, 11), at: 7_000) == [])
        #expect(scene.down(slot, Datagram.data(7, 6, size: 1400), at: 8_000) == [1, 2])
    }

    @Test("Old datagrams sent again prove nobody, however many they are")
    func replayed() {
        let scene = Scene()
        let slot = scene.client([1], index: 7)
        for counter in 10..<20 as Range<UInt64> {
            #expect(scene.up(1, Datagram.data(1007, counter), at: 2_000 + Int64(counter)) == [slot])
        }
        for counter in 10..<20 as Range<UInt64> { _ = scene.up(9, Datagram.data(1007, counter), at: scene.second) }
        #expect(scene.down(slot, Datagram.data(7, 5, size: 1400), at: scene.second + 1) == [1])
    }
}
