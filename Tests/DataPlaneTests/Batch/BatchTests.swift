// SPDX-License-Identifier: GPL-2.0-or-later

import CShims.Socket
import Glibc
import Sockets
import Testing

@testable import DataPlane

@Suite struct BatchTests {
    private static func begins(_ placement: Batch.Placement) -> Int32? {
        if case .began(let run) = placement { run } else { nil }
    }

    @Test("Directions grow side by side, each in its own lane")
    func lanes() {
        var batch = Batch()
        let memory = SliceMemory(10_000)
        var begun: [Int32?] = []
        for index in 0..<6 {
            let up = memory.slice(index * 1_000, 400)
            let down = memory.slice(index * 1_000 + 500, 300)
            begun.append(Self.begins(batch.place(up, .uplink)))
            begun.append(Self.begins(batch.place(down, .downlink)))
        }
        #expect(begun == [0, 1] + Array(repeating: nil, count: 10))
        #expect(batch.runCount == 2)
        for index in 0..<6 {
            #expect(bytes(batch.runs[0].segment(index)) == bytes(memory.slice(index * 1_000, 400)))
            #expect(bytes(batch.runs[1].segment(index)) == bytes(memory.slice(index * 1_000 + 500, 300)))
        }
        #expect(batch.uplink.sliceCount == 6 && batch.downlink.sliceCount == 6)
    }

    @Test("Ending a run ends that direction's only")
    func ending() {
        var batch = Batch()
        let memory = SliceMemory(1_000)
        _ = batch.place(memory.slice(0, 10), .uplink)
        _ = batch.place(memory.slice(20, 10), .downlink)
        batch.endRun(.downlink)
        let up = Self.begins(batch.place(memory.slice(40, 10), .uplink))
        let down = Self.begins(batch.place(memory.slice(60, 10), .downlink))
        #expect(up == nil)
        #expect(down == 2)
        // A run that has ended keeps its segments when the lane goes on behind it.
        #expect(bytes(batch.runs[1].segment(0)) == bytes(memory.slice(20, 10)))
        #expect(batch.runs[1].segmentCount == 1 && batch.runs[2].segmentCount == 1)
        batch.clearDepartures()
        #expect(batch.runCount == 0 && batch.uplink.sliceCount == 0)
        let after = Self.begins(batch.place(memory.slice(0, 10), .uplink))
        #expect(after == 0, "nothing joins what has been sent")
    }

    @Test(
        "Room is refused before anything overflows",
        arguments: [
            // runs, departures, slices so far; segments, targets wanted; whether there is room.
            (0, 0, 0, 64, 4_096, true), (4_605, 0, 0, 1, 1, true), (4_606, 0, 0, 1, 1, false),
            (0, 16_384 - 3, 0, 1, 1, true), (0, 16_384 - 2, 0, 1, 1, false),
            (0, 16_384 - 144, 0, 1, 48, true),
            (0, 16_384 - 143, 0, 1, 48, false), (0, 0, 128 * 64 - 64, 64, 1, true),
            (0, 0, 128 * 64 - 63, 64, 1, false),
        ])
    func room(runs: Int, departures: Int, slices: Int, segments: Int, targets: Int, hasRoom: Bool) {
        for isUplink in [true, false] {
            var batch = Batch()
            batch.runCount = runs
            batch.departureCount = departures
            if isUplink { batch.uplink.sliceCount = slices } else { batch.downlink.sliceCount = slices }
            let answer = batch.hasRoom(segments: segments, targets: targets)
            #expect(answer == hasRoom)
        }
    }

    /// What `Limits.runsPerArrival` promises, for every size and an open run of any length before it.
    @Test(
        "One arrival never begins more runs than it was given room for",
        arguments: [
            1, 7, 100, 1_000, 1_024, 1_420, 6_500, 13_107, 21_800, 32_600, 32_767, 40_000, 65_535,
        ])
    func runsPerArrival(size: Int) {
        let memory = SliceMemory(65_535 * 2)
        let segmentsMax = min(64, max(1, 65_535 / size))
        for before in stride(from: 0, through: segmentsMax, by: max(1, segmentsMax / 7)) {
            var batch = Batch()
            for index in 0..<before { _ = batch.place(memory.slice(index * size, size), .uplink) }
            let runsBefore = batch.runCount
            let length = size * segmentsMax < 65_535 && segmentsMax < 64 ? 65_535 : size * segmentsMax
            let arrival = Arrival(
                socket: SocketHandle(slot: 0, generation: 1), length: length, segmentSize: size,
                payload: memory.base, source: SocketAddress(), local: engarde_packet_info())
            for index in 0..<arrival.segmentCount { _ = batch.place(arrival.slice(index), .uplink) }
            let begun = batch.runCount - runsBefore
            #expect(begun <= Limits.runsPerArrival, "\(before) before")
        }
    }

    @Test("The limits fit each other")
    func limits() { Limits.check() }
}
