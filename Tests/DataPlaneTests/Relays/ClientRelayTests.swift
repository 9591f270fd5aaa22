// SPDX-License-Identifier: GPL-2.0-or-later

import Sockets
import Testing

@testable import DataPlane

@Suite struct ClientRelayTests {
    private typealias Bench = RelayBench<ClientRelay>
    private typealias Sent = Bench.Sent

    private static let wireGuard = address("127.0.0.1", 51_820)

    /// Slot 0 listens, slots 1...links carry.
    private func bench(links: Int, allowed: [String] = []) -> Bench {
        let prefixes = allowed.map { AddressPrefix($0)! }
        let bench = Bench { ClientRelay.opaque($0, allowedSources: prefixes) }
        bench.attach(0, .listen)
        for slot in 1..<UInt16(links + 1) {
            bench.attach(slot, .link)
            bench.carry(slot)
        }
        return bench
    }

    @Test("A datagram goes to every link that carries, equal ones in one run")
    func fanOut() {
        let bench = bench(links: 3)
        bench.carry(2, false)
        bench.arrive(0, [[1, 1], [2, 2]], from: Self.wireGuard)
        bench.arrive(0, [[3, 3]], from: Self.wireGuard)
        bench.arrive(0, [[4, 4, 4]], from: Self.wireGuard)
        #expect(
            bench.turn(at: 7) == [
                Sent(slot: 1, datagrams: [[1, 1], [2, 2], [3, 3]]),
                Sent(slot: 3, datagrams: [[1, 1], [2, 2], [3, 3]]),
                Sent(slot: 1, datagrams: [[4, 4, 4]]), Sent(slot: 3, datagrams: [[4, 4, 4]]),
            ])
        #expect(bench.counters.value(.lastReceived, slot: 0) == 7)
    }

    @Test("A source that is not allowed is dropped, counted, and does not become WireGuard")
    func sourceNotAllowed() {
        let bench = bench(links: 1)
        let stranger = address("192.0.2.66", 51_820)
        bench.arrive(0, [[1]], from: Self.wireGuard)
        bench.arrive(0, [[2], [3]], from: stranger)
        bench.arrive(1, [[9]])
        #expect(
            bench.turn(at: 5) == [
                Sent(slot: 1, datagrams: [[1]]), Sent(slot: 0, destination: Self.wireGuard, datagrams: [[9]]),
            ])
        #expect(bench.counters.value(.sourceNotAllowed) == 2)
        bench.arrive(0, [[2]], from: stranger)
        #expect(bench.turn(at: 6) == [])
        #expect(bench.counters.value(.lastReceived, slot: 0) == 5, "what is refused was not heard")
    }

    @Test("A source may be this machine's own address, or one of those the file allows")
    func allowed() {
        let bench = bench(links: 1, allowed: ["192.0.2.0/24"])
        bench.arrive(0, [[1]], from: address("192.0.2.66", 51_820), to: "198.51.100.1")
        bench.arrive(0, [[2]], from: address("198.51.100.1", 51_820), to: "198.51.100.1")
        bench.arrive(0, [[3]], from: address("198.51.100.2", 51_820), to: "198.51.100.1")
        #expect(bench.turn() == [Sent(slot: 1, datagrams: [[1], [2]])])
    }

    @Test("WireGuard on another port gets what comes after, in a run of its own")
    func moved() {
        let bench = bench(links: 1)
        let moved = address("127.0.0.1", 40_000)
        bench.arrive(0, [[1, 1]], from: Self.wireGuard, to: "127.0.0.1")
        bench.arrive(1, [[7, 7]])
        bench.arrive(0, [[2, 2]], from: moved, to: "127.0.0.2")
        bench.arrive(1, [[8, 8]])
        #expect(
            bench.turn() == [
                Sent(slot: 1, datagrams: [[1, 1], [2, 2]]),
                Sent(
                    slot: 0, destination: Self.wireGuard, local: localBytes("127.0.0.1"), datagrams: [[7, 7]]),
                Sent(slot: 0, destination: moved, local: localBytes("127.0.0.2"), datagrams: [[8, 8]]),
            ])
    }

    @Test("A link taken out gets nothing more and is still heard; taken in again it carries")
    func takenOut() {
        let bench = bench(links: 2)
        bench.arrive(0, [[1]], from: Self.wireGuard)
        #expect(bench.turn().map(\.slot) == [1, 2])
        bench.carry(1, false)
        bench.arrive(0, [[2]], from: Self.wireGuard)
        bench.arrive(1, [[5]])
        #expect(bench.turn().map(\.slot) == [2, 0])
        bench.carry(1)
        bench.arrive(0, [[3]], from: Self.wireGuard)
        #expect(bench.turn().map(\.slot) == [1, 2])
        bench.detach(2)
        bench.detach(1)
        bench.arrive(0, [[4]], from: Self.wireGuard)
        bench.arrive(1, [[6], [7]])
        #expect(bench.turn() == [])
        #expect(bench.counters.value(.noCarryingLink) == 1)
        #expect(bench.counters.value(.staleSocket) == 2)
    }

    @Test("Commands and arrivals of a former tenant of the slot do not reach its successor")
    func staleGeneration() {
        let bench = bench(links: 2)
        bench.detach(1)
        bench.attach(1, .link, generation: 2)
        bench.carry(1, generation: 1)
        bench.arrive(0, [[1]], from: Self.wireGuard)
        #expect(bench.turn().map(\.slot) == [2], "the old one's command must not take the new one in")
        bench.carry(1, generation: 2)
        bench.detach(1, generation: 1)
        bench.carry(1, false, generation: 1)
        bench.arrive(0, [[1]], from: Self.wireGuard)
        #expect(bench.turn().map(\.slot) == [1, 2])
        bench.arrive(1, [[5]], generation: 1)
        #expect(bench.turn() == [])
        #expect(bench.counters.value(.staleSocket) == 1)
        bench.arrive(1, [[6]], generation: 2)
        #expect(bench.turn().map(\.datagrams) == [[[6]]])
    }

    @Test("Only links are carried")
    func carryListen() {
        let bench = bench(links: 1)
        bench.carry(0)
        bench.carry(9)
        bench.arrive(0, [[1]], from: Self.wireGuard)
        #expect(bench.turn().map(\.slot) == [1])
    }

    @Test("Before WireGuard has spoken there is nobody to answer")
    func unknown() {
        let bench = bench(links: 1)
        bench.arrive(1, [[1], [2]])
        #expect(bench.turn(at: 3) == [])
        #expect(bench.counters.value(.wireGuardUnknown) == 2)
        #expect(bench.counters.value(.lastReceived, slot: 1) == 3)
        #expect(bench.deadline == .max)
    }

    @Test("A batch larger than its transmits is decided in parts, and nothing is lost")
    func parts() {
        let bench = bench(links: Limits.links)
        for index in 0..<Limits.packets {
            bench.arrive(0, [Array(repeating: 1, count: 100 + index), [UInt8(index)]], from: Self.wireGuard)
        }
        var copies: [UInt16: [[UInt8]]] = [:]
        for sent in bench.turn() { copies[sent.slot, default: []] += sent.datagrams }
        #expect(copies.count == Limits.links)
        let expected: [[UInt8]] = (0..<Limits.packets).flatMap { index -> [[UInt8]] in
            [Array(repeating: 1, count: 100 + index), [UInt8(index)]]
        }
        for slot in 1...UInt16(Limits.links) { #expect(copies[slot] == expected) }
    }
}
