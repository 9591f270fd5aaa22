// SPDX-License-Identifier: GPL-2.0-or-later

import CShims.Socket
import Glibc
import Sockets
import Testing

@testable import DataPlane

@Suite struct TransmitQueueTests {
    private static let up = TargetSet(group: 0, bits: 0b11)
    private static let down = TargetSet(group: 1)

    @Test("Groups of targets grow side by side, each in a run of its own")
    func groups() {
        var queue = TransmitQueue()
        let memory = SliceMemory(10_000)
        var begun: [Int32?] = []
        for index in 0..<6 {
            begun.append(queue.append(memory.slice(index * 1_000, 400), to: Self.up))
            begun.append(queue.append(memory.slice(index * 1_000 + 500, 300), to: Self.down))
        }
        #expect(begun == [0, 1] + Array(repeating: nil, count: 10))
        #expect(queue.runCount == 2)
        for run in 0..<2 as Range<Int32> { queue.append(Transmit(run: run, slot: 0)) }
        for index in 0..<6 {
            #expect(bytes(queue.run(of: 0).pointee.segment(index)) == bytes(memory.slice(index * 1_000, 400)))
            #expect(bytes(queue.run(of: 1).pointee.segment(index)) == bytes(memory.slice(index * 1_000 + 500, 300)))
        }
        #expect(queue.run(of: 0).pointee.sliceCount == 6 && queue.run(of: 1).pointee.sliceCount == 6)
    }

    /// The groups' sets, in order, and the run that each segment goes into.
    struct Case: Sendable, CustomTestStringConvertible {
        var name: String
        var targets: [TargetSet]
        var runs: [Int32]
        var testDescription: String { name }
    }

    static let cases = [
        Case(name: "the same set", targets: [up, up, up], runs: [0, 0, 0]),
        Case(
            name: "a target less", targets: [up, TargetSet(group: 0, bits: 0b01), TargetSet(group: 0, bits: 0b01)],
            runs: [0, 1, 1]),
        Case(
            name: "and back: order is kept", targets: [up, TargetSet(group: 0, bits: 0b01), up], runs: [0, 1, 2]),
        Case(
            name: "the same bits for other targets",
            targets: [up, TargetSet(group: 0, version: 1, bits: 0b11)], runs: [0, 1]),
        Case(name: "another group between them", targets: [up, down, up, down], runs: [0, 1, 0, 1]),
        Case(
            name: "four groups", targets: (0..<8).map { TargetSet(group: Int32($0 % 4)) }, runs: [0, 1, 2, 3, 0, 1, 2, 3]),
        Case(
            name: "more groups than runs stay open", targets: (0..<10).map { TargetSet(group: Int32($0 % 5)) },
            runs: Array(0..<10)),
    ]

    @Test("A segment joins the run of its set only", arguments: cases)
    func sets(_ test: Case) {
        var queue = TransmitQueue()
        let memory = SliceMemory(10_000)
        for (index, targets) in test.targets.enumerated() {
            let before = queue.runCount
            if let run = queue.append(memory.slice(index * 100, 50), to: targets) {
                #expect(run == Int32(before) && run == test.runs[index])
                queue.append(Transmit(run: run, slot: 0))
            } else {
                let position = test.runs[..<index].filter { $0 == test.runs[index] }.count
                let run = queue.run(of: Int(test.runs[index])).pointee
                #expect(run.segmentCount == position + 1)
                #expect(bytes(run.segment(position)) == bytes(memory.slice(index * 100, 50)))
            }
        }
        queue.clear()
        #expect(queue.runCount == 0 && queue.transmitCount == 0)
        #expect(queue.append(memory.slice(0, 10), to: test.targets.last!) == 0, "nothing joins what has been sent")
    }

    @Test(
        "Room is refused before anything overflows",
        arguments: [
            // Segments, runs and transmits so far; wanted of each; whether there is room.
            ([0, 0, 0], [64, 3, 12_288], true), ([0, 4_605, 0], [1, 3, 3], true), ([0, 4_606, 0], [1, 3, 3], false),
            ([0, 1, 16_381], [1, 3, 3], true), ([0, 1, 16_382], [1, 3, 3], false),
            ([0, 1, 16_240], [1, 3, 144], true), ([0, 1, 16_241], [1, 3, 144], false),
            ([8_256, 0, 0], [64, 3, 3], true), ([8_257, 0, 0], [64, 3, 3], false),
        ] as [([Int], [Int], Bool)])
    func room(soFar: [Int], wanted: [Int], hasRoom: Bool) {
        var queue = TransmitQueue()
        let memory = SliceMemory(10_000)
        // Each apart from the one before, so that none shares a slice.
        for index in 0..<soFar[0] { _ = queue.append(memory.slice(index % 4_000 * 2, 1), to: Self.up) }
        while queue.runCount < soFar[1] {
            _ = queue.append(memory.slice(0, 0), to: TargetSet(group: 1, version: UInt32(queue.runCount)))
        }
        for _ in 0..<soFar[2] { queue.append(Transmit(run: 0, slot: 0)) }
        let answer = queue.hasRoom(segments: wanted[0], runs: wanted[1], transmits: wanted[2])
        #expect(answer == hasRoom)
    }

    @Test("A relay's own datagrams lie apart from each other until they are sent, and there is an end to them")
    func ownDatagrams() {
        var queue = TransmitQueue()
        let first = queue.ownDatagram(bytes: 33)!
        memset(first, 1, 33)
        let second = queue.ownDatagram(bytes: 100)!
        memset(second, 2, 100)
        #expect(bytes(iovec(iov_base: first, iov_len: 33)) == Array(repeating: 1, count: 33))
        #expect(queue.ownDatagram(bytes: Limits.ownBytes - 100) == nil)
        queue.clear()
        #expect(queue.ownDatagram(bytes: Limits.ownBytes) != nil)
    }

    /// What `Limits.runsPerPacket` promises, for every size and an open run of any length before it.
    @Test(
        "One packet never begins more runs than it was given room for",
        arguments: [
            1, 7, 100, 1_000, 1_024, 1_420, 6_500, 13_107, 21_800, 32_600, 32_767, 40_000, 65_535,
        ])
    func runsPerPacket(size: Int) {
        let memory = SliceMemory(65_535 * 2)
        let segmentsMax = min(64, max(1, 65_535 / size))
        for before in stride(from: 0, through: segmentsMax, by: max(1, segmentsMax / 7)) {
            var queue = TransmitQueue()
            for index in 0..<before { _ = queue.append(memory.slice(index * size, size), to: Self.up) }
            let runsBefore = queue.runCount
            let length = size * segmentsMax < 65_535 && segmentsMax < 64 ? 65_535 : size * segmentsMax
            let packet = ReceivedPacket(
                socket: SocketHandle(slot: 0, generation: 1), length: length, segmentSize: size,
                payload: memory.base, source: SocketAddress(), local: engarde_packet_info())
            for index in 0..<packet.segmentCount { _ = queue.append(packet.segment(index), to: Self.up) }
            let begun = queue.runCount - runsBefore
            #expect(begun <= Limits.runsPerPacket, "\(before) before")
        }
    }

    @Test("The limits fit each other")
    func limits() { Limits.check() }
}
