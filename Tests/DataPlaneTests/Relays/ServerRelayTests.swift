// SPDX-License-Identifier: GPL-2.0-or-later

import Sockets
import Support
import Testing
import WireGuardWire

@testable import DataPlane

@Suite struct ServerRelayTests {
    private typealias Datagram = WireGuardDatagram

    private typealias Scene = ServerScene

    @Test("A handshake over two paths is one session: one socket, one copy, answers to both")
    func handshake() {
        let scene = Scene()
        let slots = scene.up(1, Datagram.initiation(7), at: 10)
        #expect(slots.count == 1)
        #expect(scene.up(2, Datagram.initiation(7), at: 20) == [])
        #expect(scene.statistics.sessions.records().map(\.isValidated) == [false])
        #expect(scene.down(slots[0], Datagram.response(9, to: 7), at: 30) == [1, 2], "92 bytes for 148")
        #expect(scene.statistics.sessions.records().map(\.isValidated) == [true])
        #expect(scene.up(2, Datagram.data(9, 0), at: 40) == slots)
        #expect(scene.up(1, Datagram.data(9, 0), at: 50) == [])
        #expect(scene.statistics.paths.records().allSatisfy { $0.isValidated })
        for counter in 1..<5 as Range<UInt64> {
            #expect(scene.down(slots[0], Datagram.data(7, counter, size: 1400), at: 60) == [1, 2])
        }
    }

    @Test("A path that is not proven is sent no more than it has sent")
    func amplificationAllowance() {
        let scene = Scene()
        let slot = scene.up(1, Datagram.initiation(7), at: 10)[0]
        #expect(scene.down(slot, Datagram.cookie(to: 7), at: 20) == [1])
        #expect(scene.down(slot, Datagram.cookie(to: 7), at: 21) == [1])
        #expect(scene.down(slot, Datagram.cookie(to: 7), at: 22) == [], "128 of 148 bytes are spent")
        #expect(scene.statistics.sessions.records().map(\.isValidated) == [false], "a cookie proves nothing")
    }

    @Test("Two clients have a socket each, and each is sent its own")
    func twoClients() {
        let scene = Scene()
        let a = scene.client([1, 2], index: 7)
        let b = scene.client([3, 4], index: 8)
        #expect(a != b)
        #expect(scene.down(a, Datagram.data(7, 5), at: 2_000) == [1, 2])
        #expect(scene.down(b, Datagram.data(8, 5), at: 2_000) == [3, 4])
    }

    @Test("Data for an index nobody knows: WireGuard's answer makes it a session (the server has been restarted)")
    func restart() {
        let scene = Scene()
        let slot = scene.up(1, Datagram.data(99, 1_000), at: 10)[0]
        #expect(scene.up(2, Datagram.data(99, 1_000), at: 11) == [])
        #expect(scene.down(slot, Datagram.data(7, 500, size: 1400), at: 12) == [1], "proven by that very datagram")
        #expect(scene.up(2, Datagram.data(99, 1_001), at: 13) == [slot])
        #expect(scene.up(1, Datagram.data(99, 1_001), at: 14) == [])
        #expect(scene.down(slot, Datagram.data(7, 501, size: 1400), at: 15) == [1, 2])
    }

    @Test("A new address with a copy of live data joins at once and is proven by the next datagram")
    func newPath() {
        let scene = Scene()
        let slot = scene.client([1], index: 7)
        #expect(scene.up(1, Datagram.data(1007, 10), at: 2_000) == [slot])
        #expect(scene.up(2, Datagram.data(1007, 10), at: 2_001) == [])
        #expect(scene.down(slot, Datagram.data(7, 5, size: 1400), at: 2_002) == [1])
        // This time the new one is faster.
        #expect(scene.up(2, Datagram.data(1007, 11), at: 2_003) == [slot])
        #expect(scene.up(1, Datagram.data(1007, 11), at: 2_004) == [])
        #expect(scene.down(slot, Datagram.data(7, 6, size: 1400), at: 2_005) == [1, 2])
    }

    @Test("A new address that is faster than the known ones is one client with them")
    func newPathFirst() {
        let scene = Scene()
        let slot = scene.client([1], index: 7)
        let own = scene.up(2, Datagram.data(1007, 10), at: 2_000)
        #expect(own.count == 1 && own != [slot], "a socket of its own, for WireGuard to answer on")
        #expect(scene.up(1, Datagram.data(1007, 10), at: 2_001) == [])
        #expect(scene.statistics.sessions.records().count == 1)
        #expect(scene.down(own[0], Datagram.data(7, 5), at: 2_002).contains(1), "where WireGuard answers meanwhile")
        #expect(scene.up(2, Datagram.data(1007, 11), at: 2_003) == [slot])
        #expect(scene.up(1, Datagram.data(1007, 11), at: 2_004) == [])
        #expect(scene.down(slot, Datagram.data(7, 6, size: 1400), at: 2_005) == [1, 2])
    }

    @Test("All links re-addressed at once: back with WireGuard's first answer")
    func roaming() {
        let scene = Scene()
        let slot = scene.client([1, 2], index: 7)
        let later = 2 * scene.second
        let own = scene.up(3, Datagram.data(1007, 10), at: later)
        #expect(own.count == 1 && own != [slot])
        #expect(scene.up(4, Datagram.data(1007, 10), at: later + 1) == [])
        #expect(scene.down(own[0], Datagram.data(7, 5, size: 1400), at: later + 2).contains(3))
        #expect(scene.up(4, Datagram.data(1007, 11), at: later + 3) == [slot])
        #expect(scene.up(3, Datagram.data(1007, 11), at: later + 4) == [])
        #expect(scene.down(slot, Datagram.data(7, 6, size: 1400), at: later + 5).isSuperset(of: [3, 4]))
        // The old addresses are superseded once the new ones have brought enough.
        for counter in 12..<40 as Range<UInt64> { _ = scene.up(3, Datagram.data(1007, counter), at: later + 6) }
        _ = scene.up(4, Datagram.data(1007, 39), at: later + 7)
        _ = scene.up(3, Datagram.data(1007, 40), at: later + 3 * scene.second)
        #expect(scene.down(slot, Datagram.data(7, 7, size: 1400), at: later + 3 * scene.second) == [3, 4])
        #expect(scene.statistics.paths.records().count == 2)
    }

    @Test("A forged counter with the right receiver opens nothing and hides nothing")
    func forged() {
        let scene = Scene()
        let slot = scene.client([1], index: 7)
        #expect(scene.up(9, Datagram.data(1007, 50, tag: 1), at: 2_000) != [slot], "not by the client's own socket")
        #expect(scene.up(1, Datagram.data(1007, 50), at: 2_001) == [slot])
        #expect(scene.down(slot, Datagram.data(7, 5), at: 2_002) == [1])
        // WireGuard does not answer a forgery, so it ends.
        _ = scene.up(1, Datagram.data(1007, 51), at: 20 * scene.second)
        #expect(scene.statistics.paths.records().map(\.address) == [Scene.path(1)])
        #expect(scene.statistics.sessions.records().count == 1)
    }

    @Test("An unanswered source forwards a little and no more")
    func allowance() {
        let scene = Scene()
        var forwarded = 0
        for counter in 0..<10_000 as Range<UInt64> {
            forwarded += scene.up(9, Datagram.data(77, counter), at: 1_000).count
        }
        #expect(forwarded == Limits.plainAllowance)
        #expect(scene.bench.counters.value(.claimAllowance) == 10_000 - UInt64(forwarded))
    }

    @Test("A flood of claims takes the places of claims only, and the weightier claim has the right of way")
    func claims() {
        let scene = Scene(Scene.limits(paths: 100), upstreams: 60)
        let slot = scene.client([1], index: 7)
        for number in 0..<200 {
            _ = scene.up(2 + number, Datagram.data(UInt32(number) + 5_000, 1), at: 2_000 + Int64(number))
        }
        #expect(scene.bench.counters.value(.tooManyClaims) == 200 - UInt64(Limits.pendingSessions))
        #expect(scene.down(slot, Datagram.data(7, 5), at: 3_000) == [1])
        // The client's links are re-addressed in the middle of it.
        let own = scene.up(249, Datagram.data(1007, 10), at: 4_000)
        #expect(own.count == 1)
        #expect(scene.down(own[0], Datagram.data(7, 6, size: 1400), at: 4_001).contains(249))
        // After a second a claim gives way to one of the same weight.
        #expect(scene.up(250, Datagram.data(9_999, 1), at: 2 * scene.second).count == 1)
    }

    @Test("What is not WireGuard's, a response or cookie nobody waits for: counted and dropped")
    func refused() {
        let scene = Scene()
        #expect(scene.up(1, [1, 2, 3], at: 1) == [])
        #expect(scene.up(1, [UInt8](repeating: 5, count: 1400), at: 1) == [])
        #expect(scene.bench.counters.value(.notWireGuard) == 2)
        #expect(scene.up(1, Datagram.response(1, to: 2), at: 1) == [])
        #expect(scene.up(1, Datagram.cookie(to: 2), at: 1) == [])
        #expect(scene.bench.counters.value(.unknownReceiver) == 2)
        #expect(scene.statistics.paths.records().isEmpty && scene.statistics.sessions.records().isEmpty)
    }

    @Test("With the key in the file an initiation made without it is refused")
    func mac() throws {
        let scene = Scene(key: try PublicKey(base64: "HIgo9xNzJMWLKASShiTqIybxZ0U3wGLiUeJ1PKf8ykw="))
        #expect(scene.up(1, Datagram.initiation(7), at: 1) == [])
        #expect(scene.bench.counters.value(.wrongMac) == 1)
    }

    @Test("The server's WireGuard starts a handshake: the client's answer and data find their session")
    func serverInitiated() {
        let scene = Scene()
        let slot = scene.client([1, 2], index: 7)
        #expect(scene.down(slot, Datagram.initiation(3_000), at: 2_000) == [1, 2])
        #expect(scene.up(1, Datagram.response(71, to: 3_000), at: 2_001) == [slot])
        #expect(scene.up(2, Datagram.response(71, to: 3_000), at: 2_002) == [])
        #expect(scene.up(5, Datagram.data(3_000, 0), at: 2_003) != [slot], "a new address claims it")
        #expect(scene.up(1, Datagram.data(3_000, 0), at: 2_004) == [])
        #expect(scene.statistics.sessions.records().count == 1)
    }

    @Test("A silent session gives way to a new one, a live one never does")
    func sessionLimit() {
        let scene = Scene(Scene.limits(sessions: 2))
        let a = scene.client([1], index: 7)
        _ = scene.client([2], index: 8)
        let now = 20 * scene.second
        _ = scene.up(1, Datagram.data(1007, 10), at: now)
        let c = scene.client([3], index: 9, at: now)
        #expect(scene.down(a, Datagram.data(7, 5), at: now) == [1], "the one that was heard stays")
        #expect(scene.statistics.sessions.records().count == 2)
        let slot = scene.up(4, Datagram.initiation(10), at: now)[0]
        #expect(scene.down(slot, Datagram.response(1010, to: 10), at: now) == [])
        #expect(scene.bench.counters.value(.sessionTableFull) == 1)
        #expect(scene.down(c, Datagram.data(9, 5), at: now) == [3])
    }

    @Test("A full session lets go of a path that never proved itself, else of a silent one, else of none")
    func pathLimit() {
        let scene = Scene(Scene.limits(pathsPerSession: 2))
        let slot = scene.client([1, 2], index: 7)
        #expect(scene.up(1, Datagram.data(1007, 10), at: 2_000) == [slot])
        #expect(scene.up(3, Datagram.data(1007, 10), at: 2_001) == [])
        #expect(scene.bench.counters.value(.sessionPathsFull) == 1)
        let now = 20 * scene.second
        #expect(scene.up(1, Datagram.data(1007, 11), at: now) == [slot])
        #expect(scene.up(3, Datagram.data(1007, 11), at: now) == [])
        #expect(Set(scene.statistics.paths.records().map(\.address)) == [Scene.path(1), Scene.path(3)])
    }

    @Test("A member that could not prove itself before the others fell silent asks WireGuard")
    func claimAlone() {
        let scene = Scene()
        let slot = scene.client([1], index: 7)
        #expect(scene.up(1, Datagram.data(1007, 10), at: 2_000) == [slot])
        #expect(scene.up(2, Datagram.data(1007, 10), at: 2_001) == [])
        // Path 1 dies here.
        let own = scene.up(2, Datagram.data(1007, 11), at: scene.second)
        #expect(own.count == 1 && own != [slot])
        #expect(scene.down(own[0], Datagram.data(7, 5, size: 1400), at: scene.second + 1).contains(2))
        #expect(scene.down(own[0], Datagram.data(7, 6, size: 1400), at: scene.second + 2).contains(2))
        #expect(scene.statistics.sessions.records().count == 1)
    }

    @Test("Two claims that turn out to be one client's stay apart when they have too many paths together")
    func tooManyTogether() {
        let scene = Scene(Scene.limits(pathsPerSession: 2))
        #expect(scene.up(1, Datagram.data(50, 1), at: 10).count == 1)
        #expect(scene.up(2, Datagram.data(50, 1), at: 11) == [])
        #expect(scene.up(3, Datagram.data(50, 2), at: 12).count == 1)
        #expect(scene.up(4, Datagram.data(50, 2), at: 13) == [])
        #expect(scene.up(3, Datagram.data(50, 1), at: 14) == [])
        #expect(scene.up(1, Datagram.data(50, 2), at: 15) == [])
        #expect(scene.up(3, Datagram.data(50, 3), at: 16).count == 1)
        #expect(scene.statistics.paths.records().count == 4)
    }

    @Test("Random members of two clients, strangers and repeats: the tables agree, and everything ends", arguments: 1...30)
    func random(seed: UInt64) {
        let scene = Scene(Scene.limits(sessions: 2, pathsPerSession: 3, paths: 12), upstreams: 60)
        var random = SeededGenerator(seed: seed)
        var now = scene.second
        var slots: [UInt16] = [1]
        /// By address: bytes sent, and received while not proven, since it last was no path or proven.
        var accounts: [SocketAddress: (sent: Int, received: Int)] = [:]
        func account(_ sender: Int?, _ bytes: Int, received: Set<Int>) {
            let records = scene.statistics.paths.records()
            // What its client is sent that fell silent there is not its own.
            let known = scene.bench.look { relay in
                Set((1...20).map(Scene.path).filter { relay.sessions.lastKnown.session(of: $0) != nil })
            }
            for record in records where record.isValidated || known.contains(record.address) { accounts[record.address] = nil }
            for address in accounts.keys where !records.contains(where: { $0.address == address }) {
                accounts[address] = nil
            }
            for record in records where !record.isValidated && !known.contains(record.address) {
                if let sender, record.address == Scene.path(sender) {
                    accounts[record.address, default: (0, 0)].sent += bytes
                }
                if received.contains(where: { Scene.path($0) == record.address }) {
                    accounts[record.address, default: (0, 0)].received += bytes
                }
            }
            for (address, account) in accounts {
                #expect(account.received <= account.sent, "\(address) is sent more than it sent")
            }
        }
        for step in 0..<4_000 as Range<UInt64> {
            now += Int64.random(in: 0..<20_000_000, using: &random)
            if random.happens(5) { now += Int64.random(in: 0..<8 * scene.second, using: &random) }
            let receiver = UInt32.random(in: 1...4, using: &random)
            let datagram =
                switch Int.random(in: 0..<10, using: &random) {
                case 0: Datagram.initiation(receiver, ephemeral: .random(in: 0..<3, using: &random))
                case 1: Datagram.response(.random(in: 1...4, using: &random), to: receiver)
                case 2: Datagram.cookie(to: receiver)
                default:
                    Datagram.data(
                        receiver, step / 8 + .random(in: 0..<3, using: &random),
                        size: .random(in: 32...100, using: &random))
                }
            if random.happens(700) {
                let path = Int.random(in: 1...20, using: &random)
                slots.append(contentsOf: scene.up(path, datagram, at: now))
                account(path, datagram.count, received: [])
            } else {
                let slot = slots.suffix(6).randomElement(using: &random)!
                account(nil, datagram.count, received: scene.down(slot, datagram, at: now))
            }
            // The control side replaces what is retired, and now and then WireGuard moves.
            if random.happens(100) {
                for slot in 1...60 as ClosedRange<UInt16>
                where scene.bench.isRetired(slot) || random.happens(2) {
                    scene.bench.detach(slot)
                    scene.bench.counters.reset(slot: slot, generation: 1)
                    scene.bench.attach(slot, .upstream)
                }
            }
            if step % 5 != 0 { continue }
            let problems = scene.bench.look {
                $0.problems(slots: Set(1...60), addresses: (1...20).map(Scene.path), receivers: 1...4, at: now, isRetired: scene.bench.isRetired)
            }
            #expect(problems.isEmpty, "step \(step)")
            if !problems.isEmpty { return }
        }
        _ = scene.bench.turn(at: now + 31 * scene.second)
        _ = scene.bench.turn(at: now + 62 * scene.second)
        #expect(scene.statistics.paths.records().isEmpty && scene.statistics.sessions.records().isEmpty)
    }

    @Test("Silence ends paths, and takes sessions off the board")
    func expiry() {
        let scene = Scene()
        let slot = scene.client([1, 2], index: 7)
        _ = scene.up(1, Datagram.data(1007, 10), at: 10 * scene.second)
        _ = scene.bench.turn(at: 31 * scene.second)
        #expect(scene.statistics.paths.records().map(\.address) == [Scene.path(1)])
        _ = scene.bench.turn(at: 41 * scene.second)
        #expect(scene.statistics.paths.records().isEmpty && scene.statistics.sessions.records().isEmpty)
        #expect(!scene.bench.isRetired(slot), "WireGuard may speak to it still")
        #expect(scene.bench.deadline == .max)
    }
}
