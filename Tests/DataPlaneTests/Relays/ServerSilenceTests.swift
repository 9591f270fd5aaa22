// SPDX-License-Identifier: GPL-2.0-or-later

import Support
import Testing

@testable import DataPlane

/// Clients that are silent for longer than a path lives, 30 s here.
@Suite struct ServerSilenceTests {
    private typealias Datagram = WireGuardDatagram
    private typealias Scene = ServerScene

    private static let timeout: Int64 = 30_000_000_000

    /// A client that spoke last at second 1 and whose paths are gone at second 40.
    private func silentClient(_ scene: Scene, _ paths: [Int] = [1, 2], index: UInt32 = 7) -> UInt16 {
        let slot = scene.client(paths, index: index, at: scene.second)
        _ = scene.bench.turn(at: 40 * scene.second)
        return slot
    }

    @Test("WireGuard speaks first to where the client was, and the answer makes paths again", arguments: [true, false])
    func speaksFirst(hasKeys: Bool) {
        let scene = Scene()
        let slot = silentClient(scene)
        #expect(scene.statistics.paths.records().isEmpty && scene.statistics.sessions.records().isEmpty, "they are shown gone")
        #expect(scene.bench.deadline == .max, "and the server sleeps")
        #expect(!scene.bench.isRetired(slot))

        let hours = 7_200 * scene.second
        if hasKeys {
            #expect(scene.down(slot, Datagram.data(7, 50), at: hours) == [1, 2])
        } else {
            #expect(scene.down(slot, Datagram.initiation(60), at: hours) == [1, 2])
            #expect(scene.up(2, Datagram.response(61, to: 60), at: hours + 1) == [slot])
            #expect(scene.up(1, Datagram.response(61, to: 60), at: hours + 2) == [])
        }
        let receiver: UInt32 = hasKeys ? 1007 : 60
        #expect(scene.up(1, Datagram.data(receiver, 20), at: hours + 3) == [slot])
        #expect(scene.up(2, Datagram.data(receiver, 20), at: hours + 4) == [])
        #expect(scene.statistics.paths.records().map(\.isValidated) == [true, true])
        #expect(scene.statistics.sessions.records().map(\.isValidated) == [true])
        for counter in 100..<200 as Range<UInt64> {
            #expect(scene.down(slot, Datagram.data(7, counter, size: 1400), at: hours + 5) == [1, 2])
        }
    }

    @Test("A client that comes back by a handshake goes on with its socket, and a forged handshake changes nothing")
    func handshake() {
        let scene = Scene()
        let slot = silentClient(scene)
        let later = 100 * scene.second
        #expect(scene.up(1, Datagram.initiation(70, ephemeral: 66), at: later) == [slot], "it may be authentic")
        #expect(scene.down(slot, Datagram.data(7, 50, size: 1400), at: later + 1) == [1, 2], "both, and once")
        // Nobody answers a forgery; the client is where it was.
        _ = scene.bench.turn(at: later + Self.timeout + 1)
        #expect(scene.statistics.paths.records().isEmpty)
        #expect(scene.down(slot, Datagram.data(7, 51, size: 1400), at: later + 2 * Self.timeout) == [1, 2])

        let back = 200 * scene.second
        #expect(scene.up(2, Datagram.initiation(71), at: back) == [slot])
        #expect(scene.up(1, Datagram.initiation(71), at: back + 1) == [])
        #expect(scene.down(slot, Datagram.response(72, to: 71), at: back + 2) == [1, 2])
        #expect(scene.up(1, Datagram.data(72, 0), at: back + 3) == [slot])
        #expect(scene.up(2, Datagram.data(72, 0), at: back + 4) == [])
        #expect(scene.statistics.sessions.records().count == 1)
        #expect(scene.statistics.paths.records().map(\.isValidated) == [true, true])
    }

    @Test("Unanswered data is rationed, handshakes are not")
    func ration() {
        let scene = Scene()
        let slot = silentClient(scene)
        var now = 100 * scene.second
        for round in 0..<3 {
            var reached = 0
            for counter in 0..<1_000 as Range<UInt64> {
                if !scene.down(slot, Datagram.data(7, counter, size: 1400), at: now).isEmpty { reached += 1 }
            }
            #expect(reached == Limits.silentDatagrams, "round \(round)")
            #expect(scene.down(slot, Datagram.initiation(60), at: now) == [1, 2])
            now += Limits.silentPeriodNanoseconds
        }
        #expect(scene.bench.counters.value(.noPath) == 3 * UInt64(1_000 - Limits.silentDatagrams))
    }

    @Test("An address is not remembered that the client had gone on without")
    func deadPath() {
        let scene = Scene()
        let slot = scene.client([1, 2], index: 7, at: scene.second)
        for step in 1...10 as ClosedRange<UInt64> {
            _ = scene.up(1, Datagram.data(1007, 10 + step), at: Int64(step) * 10 * scene.second)
        }
        _ = scene.bench.turn(at: 200 * scene.second)
        #expect(scene.down(slot, Datagram.data(7, 50), at: 201 * scene.second) == [1])
    }

    @Test("A client that comes back from elsewhere is a session; at an address it had, that is all that is left")
    func elsewhere() {
        let scene = Scene()
        let slot = silentClient(scene, [1])
        let later = 100 * scene.second
        // Data whose index nobody knows any more, from the address of the silent one.
        let own = scene.up(1, Datagram.data(5_000, 1), at: later)
        #expect(own.count == 1 && own != [slot])
        #expect(scene.down(slot, Datagram.data(7, 50), at: later + 1) == [1], "the silent one is there until it is known")
        #expect(scene.down(own[0], Datagram.data(9, 1), at: later + 2) == [1])
        _ = scene.bench.turn(at: later + 3)
        #expect(scene.statistics.sessions.records().count == 1)
        #expect(scene.bench.isRetired(slot))
        #expect(scene.down(slot, Datagram.data(7, 51), at: later + 4) == [])
    }

    @Test("Who was never proven is not remembered")
    func stranger() {
        let scene = Scene()
        let slot = scene.client([1], index: 7, at: scene.second)
        _ = scene.up(1, Datagram.data(1007, 10), at: 2 * scene.second)
        #expect(scene.up(9, Datagram.data(1007, 10), at: 2 * scene.second + 1) == [], "it copies what goes by")
        _ = scene.bench.turn(at: 100 * scene.second)
        #expect(scene.down(slot, Datagram.data(7, 50), at: 101 * scene.second) == [1])
    }

    @Test("Silent clients give way to new ones, those first that WireGuard has had nothing to say to")
    func limit() {
        let scene = Scene(Scene.limits(sessions: 3))
        let slots = (1...3).map { scene.client([$0], index: UInt32($0), at: Int64($0) * scene.second) }
        _ = scene.bench.turn(at: 40 * scene.second)
        #expect(scene.down(slots[0], Datagram.data(1, 50), at: 50 * scene.second) == [1])
        _ = scene.client([4], index: 4, at: 60 * scene.second)
        let reached = zip(slots, 1...3).map { scene.down($0, Datagram.data(UInt32($1), 60), at: 70 * scene.second) }
        #expect(reached == [[1], [], [3]])
        // One that is alive never does, though it was heard before a silent one was asked.
        _ = scene.client([5], index: 5, at: 75 * scene.second)
        #expect(Set(scene.statistics.paths.records().map(\.address)) == [Scene.path(4), Scene.path(5)])
    }
}
