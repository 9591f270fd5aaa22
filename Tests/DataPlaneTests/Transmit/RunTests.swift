// SPDX-License-Identifier: GPL-2.0-or-later

import CShims.Socket
import Glibc
import Support
import Testing

@testable import DataPlane

@Suite struct RunTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var name: String
        /// Bytes of each segment offered, in order, each apart from the one before.
        var offered: [Int]
        /// How many of them end up in the first run.
        var taken: Int
        var isFull: Bool
        var testDescription: String { name }
    }

    static let cases = [
        Case(name: "one", offered: [100], taken: 1, isFull: false),
        Case(name: "equal sizes", offered: [100, 100, 100], taken: 3, isFull: false),
        Case(name: "a shorter one ends it", offered: [100, 100, 40, 40], taken: 3, isFull: true),
        Case(name: "a longer one does not join", offered: [100, 101], taken: 1, isFull: false),
        Case(name: "one byte", offered: [1, 1], taken: 2, isFull: false),
        Case(name: "empty alone", offered: [0, 0], taken: 1, isFull: true),
        Case(name: "empty does not join", offered: [100, 0], taken: 1, isFull: false),
        Case(name: "64 segments", offered: Array(repeating: 10, count: 65), taken: 64, isFull: true),
        Case(
            name: "63 and a shorter", offered: Array(repeating: 10, count: 63) + [3, 3], taken: 64,
            isFull: true),
        Case(name: "65,000 bytes", offered: Array(repeating: 6_500, count: 11), taken: 10, isFull: false),
        Case(name: "65,000 bytes to the byte", offered: [32_500, 32_500, 1], taken: 2, isFull: false),
        Case(name: "one byte too many", offered: [32_501, 32_500], taken: 1, isFull: false),
        Case(
            name: "a datagram beyond the limit leaves alone", offered: [65_507, 1], taken: 1, isFull: false),
    ]

    @Test("A run takes what may leave in one piece", arguments: cases)
    func building(_ test: Case) {
        let memory = SliceMemory(test.offered.reduce(0) { $0 + $1 + 1 } + 16)
        let slices = UnsafeMutablePointer<iovec>.allocate(capacity: test.offered.count + 1)
        defer { slices.deallocate() }
        var offset = 0
        var segments: [iovec] = []
        for length in test.offered {
            segments.append(memory.slice(offset, length))
            offset += length + 1
        }
        var run = Run(first: segments[0], at: slices, SegmentLimit())
        var taken = 1
        while taken < segments.count, run.append(segments[taken]) { taken += 1 }
        #expect(taken == test.taken)
        #expect(run.isFull == test.isFull)
        #expect(run.segmentCount == taken)
        #expect(run.bytes == test.offered[..<taken].reduce(0, +))
        #expect(run.sliceCount == taken, "none of them lie side by side")
        for index in 0..<taken { #expect(bytes(run.segment(index)) == bytes(segments[index])) }
    }

    @Test("Slices that lie side by side become one")
    func merging() {
        let memory = SliceMemory(1_000)
        let slices = UnsafeMutablePointer<iovec>.allocate(capacity: 8)
        defer { slices.deallocate() }
        // Two received buffers: [0, 300) and [500, 750).
        let segments = [(0, 100), (100, 100), (200, 100), (500, 100), (600, 100), (700, 50)].map(memory.slice)
        var run = Run(first: segments[0], at: slices, SegmentLimit())
        for segment in segments.dropFirst() {
            let joined = run.append(segment)
            #expect(joined)
        }
        #expect(run.sliceCount == 2)
        #expect(slices[0].iov_len == 300 && slices[1].iov_len == 250)
        #expect(run.isFull)
        for index in segments.indices { #expect(bytes(run.segment(index)) == bytes(segments[index])) }
    }

    @Test(
        "Every segment put in comes out, whatever lies side by side", arguments: 1...40 as ClosedRange<UInt64>
    )
    func everySegment(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let memory = SliceMemory(80_000)
        let slices = UnsafeMutablePointer<iovec>.allocate(capacity: Limits.segmentsPerRun + 1)
        defer { slices.deallocate() }
        let size = [1, 2, 100, 148, 1_000].randomElement(using: &random)!
        let count = Int.random(in: 1...Limits.segmentsPerRun, using: &random)
        var offset = 0
        var segments: [iovec] = []
        for index in 0..<count {
            let isLast = index == count - 1
            segments.append(memory.slice(offset, isLast ? Int.random(in: 1...size, using: &random) : size))
            offset += size + (random.happens(300) ? Int.random(in: 1...50, using: &random) : 0)
        }
        var run = Run(first: segments[0], at: slices, SegmentLimit())
        for segment in segments.dropFirst() {
            let joined = run.append(segment)
            #expect(joined)
        }
        var sliced = 0
        for index in 0..<run.sliceCount { sliced += slices[index].iov_len }
        #expect(sliced == run.bytes)
        for index in 0..<count { #expect(bytes(run.segment(index)) == bytes(segments[index])) }
    }
}
