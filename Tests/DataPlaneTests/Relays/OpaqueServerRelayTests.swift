// SPDX-License-Identifier: GPL-2.0-or-later

import Sockets
import Support
import Testing

@testable import DataPlane

@Suite struct OpaqueServerRelayTests {
    private typealias Bench = RelayBench<OpaqueServerRelay>
    private typealias Sent = Bench.Sent

    private static let timeout: Int64 = 30_000_000_000

    private static func path(_ number: Int) -> SocketAddress { address("192.0.2.\(number)", 40_000) }

    /// Slot 0 listens, slot 1 is upstream.
    private func bench(paths: Int = 4, hasUpstream: Bool = true) -> (bench: Bench, board: PathStatistics) {
        let board = PathStatistics(capacity: paths)
        let bench = Bench { .seeded($0, board, pathTimeout: Self.timeout) }
        bench.attach(0, .listen)
        if hasUpstream { bench.attach(1, .upstream) }
        return (bench, board)
    }

    @Test("A path is gone when it has been silent for the timeout, to the nanosecond")
    func expiry() {
        let (bench, board) = bench()
        #expect(bench.deadline == .max)
        bench.arrive(0, [[1]], from: Self.path(1))
        _ = bench.turn(at: 1_000)
        #expect(bench.deadline == 1_000 + Self.timeout)
        bench.arrive(0, [[1]], from: Self.path(2))
        _ = bench.turn(at: 2_000)

        bench.arrive(1, [[9]])
        #expect(bench.turn(at: 1_000 + Self.timeout - 1).map(\.destination) == [Self.path(1), Self.path(2)])
        bench.arrive(1, [[9]])
        #expect(bench.turn(at: 1_000 + Self.timeout).map(\.destination) == [Self.path(2)])
        #expect(board.records().map(\.address) == [Self.path(2)])
        #expect(bench.deadline == 2_000 + Self.timeout)
        bench.arrive(1, [[9]])
        #expect(bench.turn(at: 2_000 + Self.timeout) == [])
        #expect(bench.counters.value(.noPath) == 1)
        #expect(board.records().isEmpty && bench.deadline == .max)
    }

    @Test("What is heard lives on; answers do not prolong a path")
    func prolonged() {
        let (bench, board) = bench()
        bench.arrive(0, [[1]], from: Self.path(1))
        bench.arrive(0, [[1]], from: Self.path(2))
        _ = bench.turn(at: 0)
        bench.arrive(0, [[1]], from: Self.path(1))
        bench.arrive(1, [[9]])
        _ = bench.turn(at: Self.timeout - 1)
        bench.arrive(1, [[9]])
        #expect(bench.turn(at: Self.timeout).map(\.destination) == [Self.path(1)])
        let record = board.records()[0]
        #expect(record.since == 0 && record.lastReceived == Self.timeout - 1)
        #expect(record.receivedDatagrams == 2 && record.receivedBytes == 2)
    }

    @Test("A full table refuses strangers and keeps who it knows, until one is gone")
    func full() {
        let (bench, board) = bench(paths: 2)
        bench.arrive(0, [[1]], from: Self.path(1))
        bench.arrive(0, [[2]], from: Self.path(2))
        bench.arrive(0, [[3], [4]], from: Self.path(3))
        bench.arrive(0, [[5]], from: Self.path(1))
        #expect(bench.turn(at: 0) == [Sent(slot: 1, datagrams: [[1], [2], [5]])])
        #expect(bench.counters.value(.pathTableFull) == 2)
        bench.arrive(1, [[9]])
        #expect(bench.turn(at: 1).map(\.destination) == [Self.path(1), Self.path(2)])

        bench.arrive(0, [[1]], from: Self.path(1))
        _ = bench.turn(at: 2)
        bench.arrive(0, [[3]], from: Self.path(3))
        #expect(bench.turn(at: Self.timeout) == [Sent(slot: 1, datagrams: [[3]])])
        #expect(Set(board.records().map(\.address)) == [Self.path(1), Self.path(3)])
    }

    @Test("Answers leave from the address that path wrote to last")
    func local() {
        let (bench, _) = bench()
        bench.arrive(0, [[1]], from: Self.path(1), to: "198.51.100.1")
        bench.arrive(0, [[2]], from: Self.path(2), to: "198.51.100.2")
        bench.arrive(1, [[9]])
        #expect(
            bench.turn() == [
                Sent(slot: 1, datagrams: [[1], [2]]),
                Sent(
                    slot: 0, destination: Self.path(1), local: localBytes("198.51.100.1"), datagrams: [[9]]),
                Sent(
                    slot: 0, destination: Self.path(2), local: localBytes("198.51.100.2"), datagrams: [[9]]),
            ])
        bench.arrive(0, [[3]], from: Self.path(1), to: "198.51.100.3")
        bench.arrive(1, [[9]])
        #expect(bench.turn()[1].local == localBytes("198.51.100.3"))
    }

    @Test("A path that joins mid-batch gets what comes after it, and nothing of before")
    func joins() {
        let (bench, _) = bench()
        bench.arrive(0, [[1]], from: Self.path(1))
        bench.arrive(1, [[7], [8]])
        bench.arrive(0, [[2]], from: Self.path(2))
        bench.arrive(1, [[9]])
        #expect(
            bench.turn() == [
                Sent(slot: 1, datagrams: [[1], [2]]),
                Sent(slot: 0, destination: Self.path(1), datagrams: [[7], [8]]),
                Sent(slot: 0, destination: Self.path(1), datagrams: [[9]]),
                Sent(slot: 0, destination: Self.path(2), datagrams: [[9]]),
            ])
    }

    @Test("Another port of the same host is another path")
    func ports() {
        let (bench, board) = bench()
        bench.arrive(0, [[1]], from: address("192.0.2.1", 1))
        bench.arrive(0, [[1]], from: address("192.0.2.1", 2))
        _ = bench.turn()
        #expect(board.records().count == 2)
    }

    @Test("Without upstream a datagram still makes a path; an upstream that is replaced stays replaced")
    func upstream() {
        let (bench, board) = bench(hasUpstream: false)
        bench.arrive(0, [[1], [2]], from: Self.path(1))
        #expect(bench.turn() == [])
        #expect(bench.counters.value(.noUpstream) == 2)
        #expect(board.records().count == 1)
        bench.attach(1, .upstream)
        bench.attach(2, .upstream)
        bench.detach(1)
        bench.arrive(0, [[3]], from: Self.path(1))
        #expect(bench.turn() == [Sent(slot: 2, datagrams: [[3]])])
        bench.arrive(1, [[4]])
        #expect(bench.turn() == [])
        #expect(bench.counters.value(.staleSocket) == 1)
        bench.detach(2)
        bench.arrive(0, [[5]], from: Self.path(1))
        #expect(bench.turn() == [])
    }

    @Test("The most paths and the fullest batch fit, in parts")
    func largest() {
        let (bench, _) = bench(paths: Limits.paths)
        for number in 0..<Limits.paths {
            bench.arrive(0, [[1]], from: address("10.0.\(number >> 8).\(number & 255)", 40_000))
            if number % Limits.packets == Limits.packets - 1 { _ = bench.turn() }
        }
        // Each begins three runs: a shorter last segment, and sizes that do not go together.
        for index in 0..<8 {
            bench.arrive(1, [Array(repeating: UInt8(index), count: 9 + index), [UInt8(index)]])
        }
        let sent = bench.turn()
        #expect(sent.count == 8 * Limits.paths)
        #expect(bench.partialTurns > 0)
        #expect(Set(sent.map(\.destination)).count == Limits.paths)
    }

    @Test("Who was in conversation when all fell silent is asked, a little at a time; who knocked once is not")
    func silence() {
        let (bench, board) = bench()
        bench.arrive(0, [[1]], from: Self.path(1), to: "198.51.100.1")
        bench.arrive(0, [[1]], from: Self.path(2))
        _ = bench.turn(at: 0)
        bench.arrive(1, [[9]])
        _ = bench.turn(at: 1)
        bench.arrive(0, [[1]], from: Self.path(1), to: "198.51.100.1")
        bench.arrive(0, [[1]], from: Self.path(3))
        _ = bench.turn(at: 2)
        let later = 100 * Self.timeout
        var reached: [Sent] = []
        for _ in 0..<100 {
            bench.arrive(1, [[7]])
            reached += bench.turn(at: later)
        }
        #expect(board.records().isEmpty && bench.deadline == .max)
        let asked = Sent(slot: 0, destination: Self.path(1), local: localBytes("198.51.100.1"), datagrams: [[7]])
        #expect(reached == Array(repeating: asked, count: Limits.silentDatagrams))

        // A stranger does not take the client's place, the client does.
        bench.arrive(0, [[5]], from: Self.path(4))
        bench.arrive(1, [[8]])
        let after = later + Limits.silentPeriodNanoseconds
        #expect(Set(bench.turn(at: after).map(\.destination)) == [SocketAddress(), Self.path(1), Self.path(4)])
        bench.arrive(0, [[5]], from: Self.path(1))
        bench.arrive(1, [[8]])
        #expect(Set(bench.turn(at: after + 1).map(\.destination)) == [SocketAddress(), Self.path(1), Self.path(4)])
    }

    /// Which paths are alive, and which were in conversation when they fell silent, kept the slow way.
    private struct Model {
        struct Member {
            var joined: Int64
            var heard: Int64
            var isConversing = false
        }

        let capacity: Int
        var members: [SocketAddress: Member] = [:]
        var known: [SocketAddress: Int64] = [:]
        var lastSent = Int64.min
        var period = Int64.min / 2
        var asked = 0

        mutating func expire(_ now: Int64) {
            for (address, member) in members where member.heard + OpaqueServerRelayTests.timeout <= now {
                members[address] = nil
                guard member.isConversing else { continue }
                known = known.filter { $0.value + OpaqueServerRelayTests.timeout >= member.heard }
                known[address] = member.heard
            }
        }

        mutating func hear(_ address: SocketAddress, _ now: Int64) {
            if members[address] != nil {
                members[address]!.heard = now
                if members[address]!.joined < lastSent { members[address]!.isConversing = true }
            } else if members.count < capacity {
                members[address] = Member(joined: now, heard: now)
            }
        }

        /// Whom a datagram from upstream goes to.
        mutating func speak(_ now: Int64) -> Set<SocketAddress> {
            var targets = Set(members.keys)
            if !targets.isEmpty { lastSent = now }
            if known.isEmpty || members.values.contains(where: \.isConversing) { return targets }
            if now - period >= Limits.silentPeriodNanoseconds { (period, asked) = (now, 0) }
            if asked < Limits.silentDatagrams {
                asked += 1
                targets.formUnion(known.keys)
            }
            return targets
        }
    }

    @Test("Like a dictionary of who was heard when", arguments: 1...20 as ClosedRange<UInt64>)
    func model(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let capacity = Int.random(in: 1...6, using: &random)
        let (bench, board) = bench(paths: capacity)
        var model = Model(capacity: capacity)
        var now: Int64 = 0
        for step in 0..<300 {
            now += Int64.random(in: 0...Self.timeout / (step % 50 < 25 ? 4 : 1), using: &random)
            model.expire(now)
            var wanted: [SocketAddress: [UInt8]] = [:]
            for _ in 0..<Int.random(in: 0...5, using: &random) {
                let datagram = UInt8.random(in: 0...255, using: &random)
                if random.happens(500) {
                    let from = Self.path(Int.random(in: 1...8, using: &random))
                    bench.arrive(0, [[datagram]], from: from)
                    model.hear(from, now)
                } else {
                    bench.arrive(1, [[datagram]])
                    for path in model.speak(now) { wanted[path, default: []].append(datagram) }
                }
            }
            let sent = bench.turn(at: now).filter { $0.slot == 0 }
            var byPath: [SocketAddress: [UInt8]] = [:]
            for one in sent { byPath[one.destination, default: []] += one.datagrams.map { $0[0] } }
            #expect(byPath == wanted, "seed \(seed), step \(step)")
            #expect(Set(board.records().map(\.address)) == Set(model.members.keys), "seed \(seed), step \(step)")
            if byPath != wanted { return }
        }
    }
}
