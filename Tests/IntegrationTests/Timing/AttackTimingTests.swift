// SPDX-License-Identifier: GPL-2.0-or-later

import Support
import Testing

extension IntegrationTiming {
    @Suite struct AttackTimingTests {
        /// At full speed, whether or not the server gets to read.
        @Test(arguments: Engine.available)
        func aFloodAtFullSpeedCostsNothing(engine: Engine) throws {
            let scene = try AttackScene(engine)
            for hostility in scene.hostilities {
                let drops = try scene.kernelDrops()
                let (report, tally) = try scene.flood(hostility, isPaced: false)
                print(
                    """
                    \(engine): \(report); pings lost \(tally.lost) of \(tally.sent), longest gap \
                    \(fixed(tally.longestGapMilliseconds)) ms; server's kernel dropped \
                    \(try scene.kernelDrops() - drops), WireGuard's sockets \(try scene.crowd.star.drops()) so far
                    """)
                #expect(tally.lost == 0, "\(hostility): \(tally); \(scene.crowd.words)")
            }
        }
    }
}
