// SPDX-License-Identifier: GPL-2.0-or-later

import Glibc
import Support
import Testing

extension IntegrationTiming {
    /// How long pings through a tunnel go unanswered.
    @Suite struct TunnelTimingTests {
        @Test(arguments: Engine.available)
        func eitherEndIsSoonBack(engine: Engine) throws {
            let rig = try Rig(engine)
            let tunnel = try rig.tunnel()
            defer { tunnel.stop() }
            let pinger = try Pinger(in: rig.laboratory.client, to: WireGuardTunnel.serverAddress)
            defer { pinger.stop() }
            for engarde in [rig.client, rig.server] {
                let start = pinger.mark()
                engarde.program.signal(SIGKILL)
                _ = try engarde.program.waitForExit()
                try engarde.restart()
                Monotonic.sleep(seconds: 1)
                // The last tenth of a second must be whole again.
                let recovered = pinger.tally(from: pinger.mark(secondsAgo: 0.3), to: pinger.mark(secondsAgo: 0.2))
                let tally = pinger.tally(from: start, to: pinger.mark(secondsAgo: 0.2))
                print(
                    """
                    \(engine): engarde-\(engarde.end) killed and started again: no answer for \
                    \(fixed(tally.longestGapMilliseconds)) ms
                    """)
                #expect(tally.longestGapMilliseconds < 700 && recovered.longestGapMilliseconds < 60, rig.words)
            }
        }

        @Test(arguments: Engine.available)
        func aRestartedWireGuardIsSoonBackBesideABlindServer(engine: Engine) throws {
            let rig = try Rig(engine, serverExtra: "  protocol: opaque\n")
            let tunnel = try rig.tunnel()
            defer { tunnel.stop() }
            let pinger = try Pinger(in: rig.laboratory.client, to: WireGuardTunnel.serverAddress, interval: 0.005)
            try pinger.wait(forMore: 20)
            let start = pinger.mark()
            try tunnel.client.restart()
            try tunnel.waitUntilReady()
            let tally = pinger.stop(since: start)
            print("\(engine): WireGuard restarted: no answer for \(fixed(tally.longestGapMilliseconds)) ms")
            #expect(tally.longestGapMilliseconds < 2_000, rig.words)
        }

        @Test(arguments: Engine.available)
        func newAddressesAreAnsweredSoon(engine: Engine) throws {
            let crowd = try Crowd(engine, clients: 2, links: 2)
            let pinger = try crowd.pingers()[0]
            try pinger.wait(forMore: 50)
            let links = crowd.laboratory.links(ofClient: 0)
            for link in links { try link.changeAddress() }
            let moment = Monotonic.nanoseconds
            for link in links { try crowd.laboratory.waitUntilCarrying(link) }
            let gap = try #require(pinger.firstAnswer(after: moment))
            print("\(engine): all links re-addressed, answered after \(fixed(gap)) ms")
            #expect(gap < 300, crowd.words)
        }

        @Test(arguments: Engine.available)
        func aKilledServerIsBackWithinARoundTrip(engine: Engine) throws {
            let crowd = try Crowd(engine, clients: 3, links: 2)
            let pingers = try crowd.pingers()
            defer { pingers.forEach { $0.stop() } }
            Monotonic.sleep(seconds: 0.5)
            var rounds: [Double] = []
            for round in 1...3 {
                crowd.server.program.signal(SIGKILL)
                _ = try crowd.server.program.waitForExit()
                Monotonic.sleep(seconds: 0.3)
                try crowd.server.restart()
                let up = try crowd.server.program.waitForLine { $0.contains("listening") }.nanoseconds
                _ = Monotonic.wait { pingers.allSatisfy { $0.firstAnswer(after: up) != nil } }
                let gaps = pingers.map { $0.firstAnswer(after: up) ?? .infinity }
                print("\(engine): server up again, round \(round): first answers after ms: \(gaps.map { fixed($0) })")
                rounds.append(gaps.max() ?? .infinity)
                Monotonic.sleep(seconds: 0.4)
            }
            // A ping interval, which ping stretches when unanswered, and a round trip.
            #expect(rounds.min() ?? .infinity < 40 && rounds.allSatisfy { $0 < 200 }, "\(rounds); \(crowd.words)")
        }

        @Test(arguments: Engine.available)
        func threeClientsGetTheirRates(engine: Engine) throws {
            let crowd = try Crowd(engine, clients: 3, links: 2)
            let streams = try (0..<3).map {
                try Iperf(
                    from: crowd.laboratory.clients[$0], to: crowd.laboratory.server,
                    address: WireGuardStar.serverAddress, port: 5_201 + $0, megabits: 10, seconds: 4)
            }
            Monotonic.sleep(seconds: 4.5)
            for (index, result) in streams.map({ $0.stop() }).enumerated() {
                print("\(engine): client \(index): \(result?.line ?? "iperf3 gave no summary")")
                #expect(result?.megabitsPerSecond ?? 0 > 8, "client \(index); \(crowd.words)")
            }
        }
    }
}
