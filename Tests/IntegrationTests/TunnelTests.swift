// SPDX-License-Identifier: GPL-2.0-or-later

import Glibc
import Support
import Testing

extension Integration {
    /// Real WireGuard on both ends and pings every 5 ms through it.
    @Suite struct TunnelTests {
        @Test(arguments: Engine.available)
        func nothingIsLostWhileOneLinkLives(engine: Engine) throws {
            let rig = try Rig(engine)
            let tunnel = try rig.tunnel()
            defer { tunnel.stop() }
            let pinger = try Pinger(in: rig.laboratory.client, to: WireGuardTunnel.serverAddress, interval: 0.005)
            defer { pinger.stop() }
            for link in rig.links { try rig.laboratory.waitUntilCarrying(link) }
            let (one, two, three) = (rig.links[0], rig.links[1], rig.links[2])

            let steps: [(String, () throws -> Void)] = [
                ("c1 down", { try one.down() }),
                ("c1 up", { try one.up() }),
                ("c2 carrier lost", { try two.carrierLost() }),
                ("c2 carrier back", { try two.carrierBack() }),
                ("c3 swallows", { try three.silentlyDrop() }),
                ("c3 carries again", { try three.restore() }),
                ("c1 and c2 down", { try one.down(); try two.down() }),
                ("c1 and c2 up", { try one.up(); try two.up() }),
                ("c1 changes its address", { try one.changeAddress() }),
                ("c2 is renamed", { try two.rename(to: "wwan0") }),
                ("c3 is removed", { try three.remove() }),
                ("c3 is back", { try three.recreate() }),
                ("only wwan0", { try one.carrierLost(); try three.silentlyDrop() }),
                ("all again", { try one.restore(); try three.restore() }),
            ]
            var marks = [pinger.mark()]
            for (name, step) in steps {
                try step()
                Monotonic.sleep(seconds: 0.25)
                for link in rig.laboratory.alive {
                    do { try rig.laboratory.waitUntilCarrying(link) } catch {
                        Issue.record("\(name): \(error)", severity: .error)
                    }
                }
                marks.append(pinger.mark())
            }
            _ = pinger.settled(from: marks[0], to: marks[steps.count])
            let loops = rig.client.program.lines.filter {
                $0.text.contains("link \(tunnel.client.name)") && $0.text.contains("carries")
            }
            #expect(loops.isEmpty, "WireGuard's own interface became a link: \(loops.map(\.text))")
            for (index, step) in steps.enumerated() {
                let tally = pinger.tally(from: marks[index], to: marks[index + 1])
                #expect(tally.lost == 0, "\(step.0): \(tally); \(rig.words)")
            }
            let total = pinger.tally(from: marks[0], to: marks[steps.count])
            print(
                """
                \(engine): \(total.sent) pings over \(steps.count) changes, \(total.lost) lost, longest gap \
                \(fixed(total.longestGapMilliseconds)) ms, dropped by WireGuard itself: \
                \(try tunnel.client.drops() + tunnel.server.drops())
                """)
        }

        @Test(arguments: Engine.available)
        func linksOfIPv6Only(engine: Engine) throws {
            let rig = try Rig(
                engine, links: [[.v6], [.v6]], destination: "[\(Laboratory.serverV6)]:\(Laboratory.serverPort)")
            try survive(rig)
        }

        @Test(arguments: Engine.available)
        func linksOfBothFamilies(engine: Engine) throws {
            let rig = try Rig(
                engine, links: [[.v4], [.v6], [.v4, .v6]],
                extra: """
                      dstOverrides:
                        - ifName: c2
                          dstAddr: "[\(Laboratory.serverV6)]:\(Laboratory.serverPort)"
                    """)
            try survive(rig)
        }

        /// Takes every link away once; nothing may be lost, and each must have carried.
        private func survive(_ rig: Rig) throws {
            let tunnel = try rig.tunnel()
            defer { tunnel.stop() }
            let pinger = try Pinger(in: rig.laboratory.client, to: WireGuardTunnel.serverAddress, interval: 0.005)
            defer { pinger.stop() }
            for link in rig.links { try rig.laboratory.waitUntilCarrying(link) }
            let start = pinger.mark()
            for link in rig.links {
                try link.down()
                Monotonic.sleep(seconds: 0.3)
                try link.up()
                try rig.laboratory.waitUntilCarrying(link)
            }
            try pinger.wait(forMore: 100)
            let total = pinger.stop(since: start)
            #expect(total.lost == 0 && total.sent > 100, "\(total); \(rig.words)")
        }

        @Test(arguments: Engine.available)
        func eitherEndIsKilledAndStartedAgain(engine: Engine) throws {
            let rig = try Rig(engine)
            let tunnel = try rig.tunnel()
            defer { tunnel.stop() }
            let pinger = try Pinger(in: rig.laboratory.client, to: WireGuardTunnel.serverAddress, interval: 0.005)
            defer { pinger.stop() }
            for engarde in [rig.client, rig.server] {
                engarde.program.signal(SIGKILL)
                #expect(try engarde.program.waitForExit() == .signalled(SIGKILL))
                try engarde.restart()
                let moment = Monotonic.nanoseconds
                #expect(Monotonic.wait { pinger.firstAnswer(after: moment) != nil }, rig.words)
                // From then on it must be whole again, on every link.
                for link in rig.links { try rig.laboratory.waitUntilCarrying(link) }
                let start = pinger.mark()
                try pinger.wait(forMore: 100)
                let tally = pinger.settled(from: start, to: pinger.mark())
                #expect(tally.lost == 0, "engarde-\(engarde.end): \(tally); \(rig.words)")
            }
            #expect(rig.client.stop() == .exited(0))
            #expect(rig.server.stop() == .exited(0))
        }

        @Test(arguments: Engine.available)
        func wireGuardMovesToAnotherPort(engine: Engine) throws {
            let rig = try Rig(engine)
            let tunnel = try rig.tunnel()
            defer { tunnel.stop() }
            for port in [40_001, 40_002] {
                try tunnel.client.listen(port: port)
                try tunnel.waitUntilReady()
            }
        }
    }
}
