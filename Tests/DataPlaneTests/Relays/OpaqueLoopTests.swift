// SPDX-License-Identifier: GPL-2.0-or-later

import Sockets
import Support
import Testing

@testable import DataPlane

/// Opaque servers whose destinations lead back to them.
@Suite struct OpaqueLoopTests {
    private static let timeout: Int64 = 30_000_000_000
    private static let client = address("192.0.2.1", 40_000)

    /// An opaque server with its listening socket in slot 0 and its upstream in slot 1.
    private final class Server {
        let bench: RelayBench<OpaqueServerRelay>
        let board = PathStatistics(capacity: 16)
        let upstream: SocketAddress

        init(_ number: Int) {
            let board = board
            upstream = address("127.0.0.1", UInt16(50_000 + number))
            bench = RelayBench { .seeded($0, board, pathTimeout: OpaqueLoopTests.timeout) }
            bench.attach(0, .listen)
            bench.attach(1, .upstream)
        }

        /// What goes upstream of what comes from an address.
        func pass(_ datagrams: [[UInt8]], from source: SocketAddress, at now: Int64) -> [[UInt8]] {
            for datagram in datagrams { bench.arrive(0, [datagram], from: source) }
            return bench.turn(at: now).filter { $0.slot == 1 }.flatMap(\.datagrams)
        }
    }

    /// Lets datagrams go round through all servers until none is left, at most 10,000 times. Returns how often one was
    /// passed on.
    private static func circulate(_ servers: [Server], _ datagrams: [[UInt8]], at start: Int64, roundTrip: Int64) -> Int {
        var (passed, source, now, circulating) = (0, client, start, datagrams)
        for step in 0..<10_000 where !circulating.isEmpty {
            let server = servers[step % servers.count]
            circulating = server.pass(circulating, from: source, at: now)
            passed += circulating.count
            source = server.upstream
            now += roundTrip / Int64(servers.count)
        }
        return passed
    }

    @Test(
        "What goes round ends by itself, on one machine and around the world",
        arguments: [1, 2, 3], [20_000, 200_000_000] as [Int64])
    func ends(servers count: Int, roundTrip: Int64) {
        let servers = (0..<count).map(Server.init)
        let one = Self.circulate(servers, [Array(repeating: 7, count: 5)], at: 1_000, roundTrip: roundTrip)
        print("\(count) servers, \(roundTrip) ns a round: one datagram passed on \(one) times")
        #expect(one < 30 * count)
        #expect(servers.contains { $0.bench.counters.value(.ownReturned) > 0 })

        // The address is known from then on: what the client sends goes round once.
        let more = (0..<20).map { number in (0..<1400).map { UInt8(truncatingIfNeeded: number &* 37 &+ $0) } }
        let again = Self.circulate(servers, more, at: 4_000_000_000, roundTrip: roundTrip)
        #expect(again <= 20 * count)
        #expect(servers[0].board.records().contains { $0.address == Self.client }, "the client is served")
        // Much later as well.
        let later = Self.circulate(servers, more, at: 100 * Self.timeout, roundTrip: roundTrip)
        #expect(later < 20 * 30 * count)
    }

    @Test("A client that repeats itself is asked about and served")
    func repeats() {
        let server = Server(0)
        var (passed, expectedReplies) = (0, 0)
        for step in 0..<1_000 as Range<Int64> {
            for datagram in server.pass([[1, 2, 3]], from: Self.client, at: 1_000 + step * 10_000_000) {
                if datagram == [1, 2, 3] { passed += 1 } else { expectedReplies += 1 }
            }
        }
        #expect(passed == 1_000 && server.bench.counters.value(.ownReturned) == 0)
        #expect((1...2).contains(expectedReplies), "\(expectedReplies) in ten seconds")
    }

    @Test("Copies over many links and a question of before are no proof")
    func copies() {
        let server = Server(0)
        var asked: [UInt8]?
        for step in 0..<20 as Range<Int64> {
            for datagram in server.pass([[1, 2, 3]], from: Self.client, at: 1_000 + step) where datagram != [1, 2, 3] {
                asked = datagram
            }
        }
        let old = asked ?? []
        #expect(old.count == LoopWatch.questionLength && old.starts(with: "engarde?".utf8))
        let late = 2_000 + Limits.loopAnswerNanoseconds
        #expect(server.pass([old], from: Self.client, at: late) == [old])
        for link in 1...4 {
            let path = address("192.0.2.\(link)", 40_001)
            #expect(server.pass([[9, 9, 9]], from: path, at: late + 1) == [[9, 9, 9]])
        }
        #expect(server.bench.counters.value(.ownReturned) == 0)
    }
}
