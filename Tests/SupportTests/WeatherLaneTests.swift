// SPDX-License-Identifier: GPL-2.0-or-later

import Testing

@testable import Support

/// The emulator's arithmetic, without a clock.
struct WeatherLaneTests {
    /// Puts `count` frames in, one each microsecond from 0, and lets all of them out again.
    private func pass(_ count: Int, _ weather: Weather, seed: UInt64 = 7) -> [(number: Int, delay: Int64)] {
        var lane = WeatherLane(seed: seed)
        lane.weather = weather
        var out: [(number: Int, delay: Int64)] = []
        func drain(_ now: Int64) {
            while let next = lane.nextRelease, next <= now, let frame = lane.release(now: next) {
                let number = frame.reversed().reduce(0) { $0 << 8 | Int($1) }
                out.append((number, next - Int64(number) * 1_000))
            }
        }
        for number in 0..<count {
            let now = Int64(number) * 1_000
            drain(now)
            lane.take((0..<4).map { UInt8(number >> (8 * $0) & 255) }, now: now, isSpared: false)
        }
        drain(.max)
        #expect(lane.counts.received == count && lane.counts.released == out.count)
        #expect(lane.counts.released == count - lane.counts.lost + lane.counts.doubled)
        return out
    }

    @Test func fairWeatherChangesNothing() {
        let out = pass(1_000, Weather())
        #expect(out.map(\.number) == Array(0..<1_000) && out.allSatisfy { $0.delay == 0 })
    }

    @Test func delayIsExactAndJitterKeepsOrder() {
        #expect(pass(1_000, Weather(delayMilliseconds: 20)).allSatisfy { $0.delay == 20_000_000 })
        let shaken = pass(10_000, Weather(delayMilliseconds: 1, jitterMilliseconds: 0.05))
        #expect(shaken.map(\.number) == Array(0..<10_000))
        #expect(shaken.allSatisfy { 1_000_000...1_050_000 ~= $0.delay } && Set(shaken.map(\.delay)).count > 100)
    }

    @Test(arguments: [0, 1, 100, 300, 999, 1_000])
    func lossesAndDoublesComeAsOftenAsAsked(per1000: Int) {
        let lost = 100_000 - pass(100_000, Weather(lossPer1000: per1000)).count
        #expect(abs(lost - per1000 * 100) < 500)
        let doubled = pass(100_000, Weather(duplicationPer1000: per1000)).count - 100_000
        #expect(abs(doubled - per1000 * 100) < 500)
    }

    @Test func someOvertake() {
        let out = pass(10_000, Weather(delayMilliseconds: 1, reorderingPer1000: 50))
        let early = out.filter { $0.delay == 0 }.count
        #expect(abs(early - 500) < 100 && out.count == 10_000)
    }

    @Test func theSeedDecides() {
        let weather = Weather(delayMilliseconds: 1, jitterMilliseconds: 1, lossPer1000: 100, duplicationPer1000: 100)
        let once = pass(2_000, weather, seed: 1).map(\.delay)
        #expect(once == pass(2_000, weather, seed: 1).map(\.delay))
        #expect(once != pass(2_000, weather, seed: 2).map(\.delay))
    }

    @Test func aShorterDelayDoesNotOvertake() {
        var lane = WeatherLane(seed: 1)
        lane.weather.delayMilliseconds = 10
        lane.take([1], now: 0, isSpared: false)
        lane.weather.delayMilliseconds = 0
        lane.take([2], now: 1, isSpared: false)
        #expect(lane.release(now: 9_999_999) == nil)
        #expect(lane.release(now: 10_000_000) == [1] && lane.release(now: 10_000_000) == [2])
    }

    @Test func theQueueEnds() {
        var lane = WeatherLane(seed: 1)
        lane.weather.delayMilliseconds = 1_000
        for _ in 0..<WeatherLane.waitingMax + 5 { lane.take([0], now: 0, isSpared: false) }
        #expect(lane.counts.lost == 5)
    }
}
