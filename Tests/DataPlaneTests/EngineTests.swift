// SPDX-License-Identifier: GPL-2.0-or-later

import Glibc
import MallocCounter
import Sockets
import Testing

@testable import DataPlane

/// Engines on real sockets over loopback, driven turn by turn on the test's own thread.
@Suite(.serialized)
struct EngineTests {
    enum Kind: String, CaseIterable, CustomTestStringConvertible {
        case deferTaskrun, cooperative, plain, submissionThread, polling
        var testDescription: String { rawValue }
    }

    @Test("A datagram goes to every link and every answer comes back", arguments: Kind.allCases)
    func fansOut(_ kind: Kind) throws {
        try withClient(kind, links: 3) { client in
            client.sendFromWireGuard(Array("hello".utf8))
            client.turn()
            client.turn()
            for link in 0..<3 { #expect(client.receiveAtServer(link) == Array("hello".utf8)) }
            client.sendFromServer(1, [7, 8, 9])
            client.turn()
            client.turn()
            #expect(client.receiveAtWireGuard() == [7, 8, 9])
        }
    }

    @Test("Empty and largest datagrams pass whole", arguments: Kind.allCases)
    func sizes(_ kind: Kind) throws {
        try withClient(kind, links: 2) { client in
            for size in [0, 1, 1_500, 9_000, 65_507] {
                let datagram = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31) }
                client.sendFromWireGuard(datagram)
                client.turn()
                client.turn()
                for link in 0..<2 { #expect(client.receiveAtServer(link) == datagram) }
                client.sendFromServer(0, datagram)
                client.turn()
                client.turn()
                #expect(client.receiveAtWireGuard() == datagram)
            }
        }
    }

    @Test("After warm-up the loop does not allocate", arguments: Kind.allCases)
    func allocations(_ kind: Kind) throws {
        try withClient(kind, links: 3) { client in
            func burst(_ count: Int) {
                for index in 0..<count {
                    client.sendFromWireGuardUncounted(length: 100 + index % 3)
                    if index % 8 == 7 { client.turn() }
                }
                client.turn()
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
