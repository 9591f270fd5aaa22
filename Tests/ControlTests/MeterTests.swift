// SPDX-License-Identifier: GPL-2.0-or-later

import DataPlane
import Quality
import Status
import Testing

@testable import Control

@Suite struct MeterTests {
    private static let second: Int64 = 1_000_000_000

    private static func reading(_ now: Int64, received: UInt64) -> Meter.Reading {
        var traffic = Traffic()
        traffic.receivedDatagrams = received
        traffic.receivedBytes = received * 100
        traffic.sentDatagrams = received
        traffic.sentBytes = received * 50
        return Meter.Reading(
            now: now, joined: 100 * second, member: 0, stream: 0, lastReceived: now, traffic: traffic,
            lastHeardAnywhere: now, expectedReplies: 0)
    }

    @Test("Rates are of what crossed since the last look")
    func rates() {
        let copies = DuplicateStatistics(members: 1, streams: 1)
        var meter = Meter(.server, now: 100 * Self.second)
        for step in 1...20 as ClosedRange<Int64> {
            #expect(meter.update(Self.reading((100 + step) * Self.second, received: UInt64(step * 7)), copies) == nil)
        }
        #expect(meter.windows.lastSecond.receivedDatagramsPerSecond == 7)
        #expect(meter.windows.last10Seconds.receivedBitsPerSecond == 5600)
        #expect(meter.windows.last10Seconds.sentBitsPerSecond == 2800)
        #expect(meter.state == .carrying && meter.windows.lastSecond.lossPercent == nil)
    }

    @Test("A path that is gone and back within a turn starts its figures again: nobody minds")
    func backAtOnce() {
        let copies = DuplicateStatistics(members: 1, streams: 1)
        var meter = Meter(.server, now: 100 * Self.second)
        for (step, received) in [1_000, 2_000, 5, 10].enumerated() {
            _ = meter.update(Self.reading((101 + Int64(step)) * Self.second, received: UInt64(received)), copies)
        }
        #expect(meter.windows.lastSecond.receivedDatagramsPerSecond == 5)
    }

    @Test("A link that lost its carrier goes on with the figures of the same socket: they count once")
    func carriesAgain() {
        let copies = DuplicateStatistics(members: 1, streams: 1)
        var meter = Meter(.client, now: 100 * Self.second)
        for step in 1...10 as ClosedRange<Int64> {
            var reading = Self.reading((100 + step) * Self.second, received: UInt64(step * 1_000))
            if step == 10 { reading.joined = 109 * Self.second }
            _ = meter.update(reading, copies)
        }
        #expect(meter.windows.lastSecond.receivedDatagramsPerSecond == 1_000)
    }

    @Test("A link whose every send the kernel refuses is blocked, says why, and sends nothing")
    func refused() {
        let copies = DuplicateStatistics(members: 1, streams: 1)
        var meter = Meter(.client, now: 100 * Self.second)
        var changes: [Meter.Before?] = []
        for step in 1...8 as ClosedRange<Int64> {
            var reading = Self.reading((100 + step) * Self.second, received: UInt64(step * 10))
            reading.traffic.sendFailures = UInt64(max(0, step - 4) * 10)
            reading.refusal = step > 4 ? .notPermitted : nil
            changes.append(meter.update(reading, copies))
        }
        #expect(changes.prefix(4).allSatisfy { $0 == nil })
        #expect(changes.dropFirst(4).compactMap(\.self) == [Meter.Before(state: .carrying, alarm: .carrying)])
        #expect(meter.state == .blocked && meter.alarm == .blocked)
        #expect(meter.reason == "the kernel refuses its datagrams: a packet filter (EPERM)")
        let second = meter.windows.lastSecond
        #expect(second.sentDatagramsPerSecond == 0 && second.sentBitsPerSecond == 0)
        #expect(second.receivedDatagramsPerSecond == 10)
    }

    @Test("Half of it refused: the other half is what was sent")
    func halfRefused() {
        let copies = DuplicateStatistics(members: 1, streams: 1)
        var meter = Meter(.client, now: 100 * Self.second)
        for step in 1...8 as ClosedRange<Int64> {
            var reading = Self.reading((100 + step) * Self.second, received: UInt64(step * 10))
            reading.traffic.sendFailures = UInt64(step * 5)
            #expect(meter.update(reading, copies) == nil)
        }
        #expect(meter.windows.lastSecond.sentDatagramsPerSecond == 5)
        #expect(meter.windows.lastSecond.sentBitsPerSecond == 8 * 5 * 50)
    }

    @Test("Each failure says in words why nothing leaves", arguments: SendFailure.allCases)
    func reasons(_ failure: SendFailure) {
        let beginnings = ["nothing leaves: ", "the kernel refuses its datagrams"]
        #expect(beginnings.contains { failure.reason.hasPrefix($0) })
    }
}
