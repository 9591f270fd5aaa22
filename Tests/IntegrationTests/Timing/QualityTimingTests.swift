// SPDX-License-Identifier: GPL-2.0-or-later

import Status
import Support
import Testing

extension IntegrationTiming {
    @Suite struct QualityTimingTests {
        @Test(arguments: Engine.available, Weathers.all(delay: 20))
        func lossAndDelayAreExact(engine: Engine, weathers: Weathers) throws {
            let scene = try QualityScene(engine, weathers)
            // The window of ten seconds filled with this weather alone, and a second for late copies.
            Monotonic.sleep(seconds: 12.5)
            let faults = try scene.faults(expected: 8_000, lossWithin: 2) { abs($0 - $1) <= 2 }
            #expect(faults.isEmpty, "\(weathers)")
            #expect(scene.load.finish().lost == 0)
        }

        /// A link that swallows is told of within five seconds, and for longer again once it carries: hysteresis.
        @Test(arguments: Engine.available)
        func silenceIsToldSoon(engine: Engine) throws {
            let rig = try Rig(engine, extra: Engarde.webManager)
            let (sink, source) = (try rig.sink(echo: true), try rig.source())
            try rig.warmUp(source, sink, numbered: 0)
            try rig.client.waitForStatus()
            func seconds(until state: CarryingState) throws -> Double {
                let start = Monotonic.nanoseconds
                _ = try Monotonic.wait {
                    try rig.client.clientStatus().links.first { $0.name == "c1" }?.state == state
                }
                return Double(Monotonic.nanoseconds - start) / 1e9
            }
            let load = RunningLoad(UDPLoad(perSecond: 200, size: 500), from: source, into: sink, first: 1 << 20)
            Monotonic.sleep(seconds: 2)
            try rig.links[0].silentlyDrop()
            let accused = try seconds(until: .silent)
            Monotonic.sleep(seconds: 2)
            try rig.links[0].lose(percent: 0)
            let cleared = try seconds(until: .carrying)
            #expect(load.finish().lost == 0)
            print("\(engine): silent after \(fixed(accused, 2)) s, carrying after \(fixed(cleared, 2)) s")
            #expect(accused < 5 && cleared < 9)
        }
    }
}
