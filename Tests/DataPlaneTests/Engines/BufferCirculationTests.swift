// SPDX-License-Identifier: GPL-2.0-or-later

import Testing

@testable import DataPlane

/// How many receive buffers circulate, when a flood fills each with so many bytes and wants ever more.
@Suite struct BufferCirculationTests {
    /// The circulation after each of 20 turns that fill all there is.
    private func course(from start: Int, bytesEach: Int, isStarved: Bool = true) -> [Int] {
        var circulating = start
        return (0..<20).map { _ in
            let past = BufferCirculation.Held(count: circulating, bytes: circulating * bytesEach)
            circulating += BufferCirculation.change(past, circulating: circulating, isStarved: isStarved)
            return circulating
        }
    }

    @Test("Datagrams that come singly get all buffers")
    func singles() {
        #expect(Array(course(from: 8, bytesEach: 1_500).prefix(4)) == [16, 24, 32, 32])
    }

    @Test("Super-datagrams get as many as stay in the cache")
    func full() {
        #expect(Set(course(from: 8, bytesEach: 65_000)) == [8])
        #expect(Array(course(from: 32, bytesEach: 65_000).prefix(4)) == [24, 16, 8, 8])
    }

    @Test("It settles, whatever the buffers hold", arguments: [8, 16, 24, 32])
    func settles(start: Int) {
        for bytes in stride(from: 0, through: Limits.datagramBytes, by: 97) {
            let course = course(from: start, bytesEach: bytes)
            let end = course.last!
            #expect(Set(course.suffix(10)) == [end], "\(bytes): \(course)")
            #expect(end == Limits.ringBufferPortion || end * bytes <= Limits.circulatingBytes)
            #expect(Limits.ringBufferPortion...Limits.ringBuffers ~= end)
        }
    }

    @Test("It grows only when buffers ran out, and also when none is held")
    func onlyWhenStarved() {
        #expect(Set(course(from: 8, bytesEach: 1_500, isStarved: false)) == [8])
        #expect(BufferCirculation.change(.init(), circulating: 8, isStarved: true) == 8)
        #expect(BufferCirculation.change(.init(), circulating: 32, isStarved: true) == 0)
    }

    @Test("No more rest than come back")
    func fewComeBack() {
        let past = BufferCirculation.Held(count: 2, bytes: 130_000)
        #expect(BufferCirculation.change(past, circulating: 32, isStarved: false) == -2)
    }
}
