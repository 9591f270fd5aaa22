// SPDX-License-Identifier: GPL-2.0-or-later

import Support
import Testing

extension IntegrationTiming {
    @Suite struct LinkTimingTests {
        @Test(arguments: Engine.available)
        func aSlowLinkDelaysNobody(engine: Engine) throws {
            let rig = try Rig(engine, isOpaque: true)
            let (sink, source) = (try rig.sink(), try rig.source())
            try rig.warmUp(source, sink)
            let load = UDPLoad(perSecond: 1_000, size: 1_000, window: nil)
            var added = Double.infinity
            // The best of five counts, each is printed.
            for attempt in 1...5 where added >= 2 {
                sink.forget()
                let before = try load.run(from: source, into: sink, seconds: 2)
                try rig.links[0].shape(kbit: 200)
                sink.forget()
                let shaped = try load.run(from: source, into: sink, seconds: 4, first: 1_000_000)
                try rig.links[0].unshape()
                added = shaped.delay(at: 0.999) - before.delay(at: 0.999)
                print("\(engine): three free links: \(before)")
                print("\(engine): one of them at 200 kbit/s: \(shaped)")
                print("\(engine): added at 99.9 %, attempt \(attempt): \(fixed(added, 3)) ms")
                #expect(before.lost == 0 && shaped.lost == 0, rig.words)
            }
            #expect(added < 2)
        }

        @Test(arguments: Engine.available)
        func linksLeaveAndJoinAtOnce(engine: Engine) throws {
            let reactions = try LinkReactions(engine, rounds: 5, linkSource: "netlink")
            // The kernel itself may report a link's state late, by a second when it has reported much just before; the
            // best round shows that events are what drives it.
            #expect((reactions.left.min() ?? .infinity) < 50)
            #expect((reactions.joined.min() ?? .infinity) < 50)
        }

        @Test func polledLinksLeaveAndJoinWithinASecond() throws {
            let reactions = try LinkReactions(Engine.available[0], rounds: 3, linkSource: "polling")
            #expect((reactions.left + reactions.joined).allSatisfy { $0 < 1_900 })
        }
    }
}
