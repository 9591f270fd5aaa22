// SPDX-License-Identifier: GPL-2.0-or-later

import CShims.Socket
import Glibc
import Sockets
import Testing

@testable import DataPlane

/// More refusals in one turn than the completion ring or the arena holds.
@Suite(.serialized) struct RefusalFloodTests {
    @Test("Every one of very many refused sends is counted, as its own", arguments: EngineTests.Kind.allCases)
    func manyRefusals(_ kind: EngineTests.Kind) throws {
        let bare = try BareEngine.open(kind)
        let memory = SliceMemory(16)
        let unconnected = try Peer()  // EDESTADDRREQ
        bare.attach(1, descriptor: unconnected.descriptor, .link)
        for _ in 0..<3 {
            for _ in 0..<Limits.runs { bare.leave(1, [memory.slice(0, 10)]) }
            bare.repeatTransmits(to: Limits.transmits)
            bare.flush()
        }
        #expect(bare.counters.value(SendFailure.other, slot: 1) == UInt64(3 * Limits.transmits))
    }

    /// 840 runs of 64 are refused in one submission; taken apart they are more messages than the arena has, and
    /// more refusals are still to be read when it is full.
    @Test(
        "Runs taken apart beyond the arena's size leave whole, each datagram once",
        arguments: EngineTests.Kind.allCases)
    func manyTakenApart(_ kind: EngineTests.Kind) throws {
        let runs = 14
        let bare = try BareEngine.open(kind)
        let memory = SliceMemory(runs * 64 * 16)
        for number in 0..<runs * 64 {  // two bytes tell them apart
            memory.base.storeBytes(of: UInt16(number), toByteOffset: number * 16, as: UInt16.self)
        }
        let pairs = try (0..<60).map { _ in (link: try Peer(), server: try Peer()) }
        for (index, pair) in pairs.enumerated() {
            try pair.link.connect(to: pair.server.local)
            #expect(engarde_set_option(pair.link.descriptor, SOL_SOCKET, SO_NO_CHECK, 1) == 0)
            bare.attach(UInt16(index), descriptor: pair.link.descriptor, .link)
        }
        for run in 0..<runs {
            for slot in 0..<60 as Range<UInt16> {
                bare.leave(slot, (0..<64).map { memory.slice((run * 64 + $0) * 16, 16) })
            }
        }
        bare.flush()
        var wrong = 0
        for (index, pair) in pairs.enumerated() {
            let numbers = pair.server.receiveAll(geteuid() == 0 ? runs * 64 : 0).map {
                $0.withUnsafeBytes { Int($0.loadUnaligned(as: UInt16.self)) }
            }
            // Without privilege a receive buffer does not hold them all.
            let isWhole = geteuid() != 0 || Set(numbers).count == runs * 64
            if Set(numbers).count != numbers.count || !isWhole { wrong += 1 }
            #expect(bare.counters.value(.segmentationOff, slot: UInt16(index)) != 0)
        }
        #expect(wrong == 0, "links that got a datagram twice or not at all")
    }
}
