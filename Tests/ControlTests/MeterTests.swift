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
            lastHeardAnywhere: now, questions: 0)
    }

    @Test("Rates are of what crossed since the last look")
    func rates() {
        let copies = CopyBoard(members: 1, streams: 1)
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
        let copies = CopyBoard(members: 1, streams: 1)
        var meter = Meter(.server, now: 100 * Self.second)
        for (step, received) in [1_000, 2_000, 5, 10].enumerated() {
            _ = meter.update(Self.reading((101 + Int64(step)) * Self.second, received: UInt64(received)), copies)
        }
        #expect(meter.windows.lastSecond.receivedDatagramsPerSecond == 5)
    }

    @Test("A link that joins again on the socket it had has not carried its past in one second")
    func joinedAgain() {
        let copies = CopyBoard(members: 1, streams: 1)
        var meter = Meter(.client, now: 100 * Self.second)
        for (step, received) in [1_000, 2_000, 2_010, 2_020].enumerated() {
            var reading = Self.reading((101 + Int64(step)) * Self.second, received: UInt64(received))
            if step > 1 { reading.joined = 103 * Self.second }
            _ = meter.update(reading, copies)
            if step > 1 { #expect(meter.windows.lastSecond.receivedDatagramsPerSecond == 10) }
        }
    }
}
