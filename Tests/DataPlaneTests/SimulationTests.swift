// SPDX-License-Identifier: GPL-2.0-or-later

import Testing

@Suite("Simulated network")
struct SimulationTests {
    @Test(
        "With one live link nothing is lost, nothing is invented, every buffer comes home: 1,000 seeds",
        arguments: [false, true])
    func seeds(isOpaque: Bool) throws {
        var delivered = 0
        var longestRun = 0
        for seed in 1...1_000 as ClosedRange<UInt64> {
            var options = SimulationOptions(seed: seed)
            options.isOpaque = isOpaque
            var simulation = Simulation(options)
            do { try simulation.run() } catch { Issue.record(error) }
            delivered += simulation.delivered
            longestRun = max(longestRun, simulation.longestRun)
        }
        // The simulation is of use only if it moves datagrams and builds runs.
        #expect(delivered > 500_000)
        #expect(longestRun > 30)
        print("simulation\(isOpaque ? " of opaque traffic" : ""): 1,000 seeds, \(delivered) datagrams delivered, longest run \(longestRun)")
    }

    @Test("The checker sees a loss when no link is live")
    func canary() {
        var options = SimulationOptions(seed: 7)
        options.keepsOneLinkLive = false
        for link in options.links.indices { options.links[link].lossPer1000 = 300 }
        #expect(throws: Simulation.Failure.self) {
            var simulation = Simulation(options)
            try simulation.run()
        }
    }
}
