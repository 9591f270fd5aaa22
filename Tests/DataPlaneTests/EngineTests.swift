// SPDX-License-Identifier: GPL-2.0-or-later

import Glibc
import MallocCounter
import Sockets
import Support
import Testing

@testable import DataPlane

/// Engines on real sockets over loopback, driven turn by turn on the test's own thread.
@Suite(.serialized)
struct EngineTests {
    enum Kind: String, CaseIterable, CustomTestStringConvertible {
        /// The second is the first as it waits on kernels before 6.15.
        case deferTaskrun, deferTaskrunSignalled, cooperative, plain, submissionThread, polling
        var testDescription: String { rawValue }
    }

    @Test("A datagram goes to every link and every answer comes back", arguments: Kind.allCases)
    func fansOut(_ kind: Kind) throws {
        try withClient(kind, links: 3) { client in
            client.sendFromWireGuard(Array("hello".utf8))
            for link in 0..<3 { #expect(client.turns { client.receiveAtServer(link) } == Array("hello".utf8)) }
            client.sendFromServer(1, [7, 8, 9])
            #expect(client.turns { client.receiveAtWireGuard() } == [7, 8, 9])
        }
    }

    @Test("Empty and largest datagrams pass whole", arguments: Kind.allCases)
    func sizes(_ kind: Kind) throws {
        try withClient(kind, links: 2) { client in
            for size in [0, 1, 1_500, 9_000, 65_507] {
                let datagram = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31) }
                client.sendFromWireGuard(datagram)
                for link in 0..<2 { #expect(client.turns { client.receiveAtServer(link) } == datagram) }
                client.sendFromServer(0, datagram)
                #expect(client.turns { client.receiveAtWireGuard() } == datagram)
            }
        }
    }

    /// A receive that ends while most buffers are in hand must be armed again before the engine waits.
    @Test("No turn comes back empty while datagrams wait", arguments: Kind.allCases)
    func neverStalls(_ kind: Kind) throws {
        try withClient(kind, links: 1) { client in
            for burst in [40, 200, 400, 3_000] {
                let start = client.counters.value(.receivedDatagrams, slot: 0)
                for index in 0..<burst { client.sendFromWireGuardUncounted(length: 100 + index % 7) }
                var before = start
                while before < start + UInt64(burst) {
                    client.turn(waitingAtMost: Int64(Patience.seconds * 1e9))
                    let now = client.counters.value(.receivedDatagrams, slot: 0)
                    try #require(now > before, "\(now - start) of \(burst) received, then a turn without any")
                    before = now
                }
                client.drain()
            }
        }
    }

    @Test("A flood on one socket leaves room for the others", arguments: Kind.allCases)
    func floodLeavesRoom(_ kind: Kind) throws {
        try withClient(kind, links: 2) { client in
            client.sendFromWireGuard([1])
            client.turn()
            for index in 0..<500 { client.sendFromWireGuardUncounted(length: 100 + index % 7) }
            client.turn()
            for link in 0..<2 { client.sendFromServer(link, [2]) }
            for _ in 0..<6 {
                for index in 0..<200 { client.sendFromWireGuardUncounted(length: 100 + index % 7) }
                client.turn()
            }
            for slot in 1...2 as ClosedRange<UInt16> {
                #expect(client.counters.value(.receivedDatagrams, slot: slot) == 1)
            }
        }
    }

    @Test("A receive that an error ended is armed before the engine waits", arguments: Kind.allCases)
    func hearsALinkAfterAnError(_ kind: Kind) throws {
        try withClient(kind, links: 1) { client in
            // Most circulating buffers are in hand when the refusals come back.
            for _ in 0..<12 { client.sendFromWireGuardUncounted(length: 100) }
            client.turn()
            try client.replaceServer(0, after: 0.3)
            // A turn may come back empty-handed. An engine that does not hear the datagram comes back at a turn's end: far
            // behind the datagram.
            let start = Monotonic.nanoseconds
            let patience = Int64(Patience.seconds * 1e9)
            for _ in 0..<50 where client.counters.value(.receivedDatagrams, slot: 1) == 0 {
                client.turn(waitingAtMost: patience)
            }
            #expect(client.counters.value(.receivedDatagrams, slot: 1) == 1)
            #expect(Monotonic.nanoseconds - start < patience)
        }
    }

    @Test("After warm-up the loop does not allocate", arguments: Kind.allCases)
    func allocations(_ kind: Kind) throws {
        try withClient(kind, links: 3) { client in
            var sent = 0
            func burst(_ count: Int) {
                for index in 0..<count {
                    client.sendFromWireGuardUncounted(length: 100 + index % 3)
                    if index % 8 == 7 { client.turn() }
                }
                sent += count
                for _ in 0..<3_000 where client.counters.value(.receivedDatagrams, slot: 0) < sent { client.turn() }
            }
            burst(1_000)
            client.drain()
            let before = malloc_counter_value()
            burst(4_000)
            let after = malloc_counter_value()
            #expect(after == before)
            #expect(client.counters.value(.receivedDatagrams, slot: 0) >= 5_000)
        }
    }

    @Test("The allocation counter counts")
    func counterCounts() {
        let before = malloc_counter_value()
        let memory = UnsafeMutableRawPointer.allocate(byteCount: 100, alignment: 1)
        memory.deallocate()
        #expect(malloc_counter_value() > before)
    }
}
