// SPDX-License-Identifier: GPL-2.0-or-later

import CShims.Socket
import Glibc
import Sockets
import Testing

@testable import DataPlane

@Suite struct ReceivedPacketTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var length: Int
        var segmentSize: Int
        var segments: [Int]
        var testDescription: String { "\(length) in \(segmentSize)" }
    }

    @Test(
        "A packet splits into the datagrams it was made of",
        arguments: [
            Case(length: 0, segmentSize: 0, segments: [0]), Case(length: 1, segmentSize: 1, segments: [1]),
            Case(length: 1_200, segmentSize: 1_200, segments: [1_200]),
            Case(length: 100, segmentSize: 1_200, segments: [100]),
            Case(length: 2_400, segmentSize: 1_200, segments: [1_200, 1_200]),
            Case(length: 2_401, segmentSize: 1_200, segments: [1_200, 1_200, 1]),
            Case(length: 3_599, segmentSize: 1_200, segments: [1_200, 1_200, 1_199]),
            Case(length: 64, segmentSize: 1, segments: Array(repeating: 1, count: 64)),
            Case(length: 65_535, segmentSize: 65_535, segments: [65_535]),
            Case(length: 65_535, segmentSize: 40_000, segments: [40_000, 25_535]),
        ])
    func segments(_ test: Case) {
        let memory = SliceMemory(max(1, test.length))
        let packet = ReceivedPacket(
            socket: SocketHandle(slot: 0, generation: 1), length: test.length, segmentSize: test.segmentSize,
            payload: memory.base, source: SocketAddress(), local: engarde_packet_info())
        #expect(packet.segmentCount == test.segments.count)
        var offset = 0
        for (index, length) in test.segments.enumerated() {
            #expect(packet.segment(index).iov_base == memory.base + offset)
            #expect(bytes(packet.segment(index)) == bytes(memory.slice(offset, length)))
            offset += length
        }
        #expect(offset == test.length, "nothing is left over")
    }

    @Test(
        "What an engine received is counted as datagrams, not as receives",
        arguments: [
            (length: 1_200, segmentSize: UInt32(0), datagrams: 1),
            (length: 3_000, segmentSize: 1_200, datagrams: 3),
            (length: 0, segmentSize: 0, datagrams: 1),
        ])
    func received(length: Int, segmentSize: UInt32, datagrams: Int) {
        let counters = Counters()
        defer { counters.deallocate() }
        var batch = Batch(counters: counters, events: .unread, paths: nil)
        let memory = SliceMemory(4_000)
        var ancillary = engarde_ancillary()
        ancillary.segment_size = segmentSize
        ancillary.has_kernel_drops = true
        ancillary.kernel_drops = 9
        let socket = SocketHandle(slot: 5, generation: 1)
        batch.receive(socket, memory.base, length, SocketAddress(), ancillary)
        let packet = batch.next()
        let isLast = !batch.hasPackets
        #expect(packet?.segmentCount == datagrams && isLast)
        #expect(counters.value(.receivedDatagrams, slot: 5) == UInt64(datagrams))
        #expect(counters.value(.receivedBytes, slot: 5) == UInt64(length))
        #expect(counters.value(.kernelDrops, slot: 5) == 9)
    }

    @Test("More segments than the kernel coalesces are not taken in: no batch might ever have room for them")
    func tooMany() {
        let counters = Counters()
        defer { counters.deallocate() }
        var batch = Batch(counters: counters, events: .unread, paths: nil)
        let memory = SliceMemory(65_000)
        var ancillary = engarde_ancillary()
        ancillary.segment_size = 1
        batch.receive(SocketHandle(slot: 5, generation: 1), memory.base, 65_000, SocketAddress(), ancillary)
        let isRefused = !batch.hasPackets
        #expect(isRefused && counters.value(.truncated) == 65_000)
        batch.receive(
            SocketHandle(slot: 5, generation: 1), memory.base, Limits.segmentsPerPacket, SocketAddress(), ancillary)
        let isTaken = batch.hasPackets
        #expect(isTaken)
    }
}
