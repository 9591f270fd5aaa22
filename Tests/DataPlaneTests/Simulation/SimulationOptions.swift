// SPDX-License-Identifier: GPL-2.0-or-later

import Support

/// The weather of one simulation, drawn from its seed. Ratios are in 1,000.
struct SimulationOptions {
    struct LinkWeather {
        var lossPer1000: Int
        var duplicatePer1000: Int
        /// Ticks a copy is under way; a wide range reorders.
        var delay: ClosedRange<Int>
        /// Chance a tick that everything on the link is lost from now on, and that this ends.
        var partitionPer1000: Int
        var healPer1000: Int
        /// Chance a tick that the link leaves or joins the fan-out.
        var carryTogglePer1000: Int
    }

    var seed: UInt64
    var links: [LinkWeather]
    var ticks = 60
    /// Datagrams WireGuard emits a tick, each direction.
    var burst: ClosedRange<Int>
    /// Chance that neighbours of equal size arrive as one super-datagram.
    var coalescePer1000: Int
    var sizes: [Int]
    /// One link at a time loses nothing. Without this the simulation is expected to fail.
    var keepsOneLinkLive = true
    /// The traffic is not WireGuard's: every copy is delivered, and there are no sessions.
    var isOpaque = false
    /// Datagrams strangers send to the server each tick, made up around what the client sends. None where opaque.
    var forgeriesPerTick = 0

    init(seed: UInt64) {
        self.seed = seed
        var random = SeededGenerator(seed: seed)
        let count = Int.random(in: 1...6, using: &random)
        links = (0..<count).map { _ in
            let least = Int.random(in: 0...5, using: &random)
            return LinkWeather(
                lossPer1000: [0, 10, 300, 900].randomElement(using: &random)!,
                duplicatePer1000: [0, 0, 100].randomElement(using: &random)!,
                delay: least...(least + Int.random(in: 0...8, using: &random)),
                partitionPer1000: Int.random(in: 0...50, using: &random),
                healPer1000: Int.random(in: 20...300, using: &random),
                carryTogglePer1000: Int.random(in: 0...80, using: &random))
        }
        coalescePer1000 = [0, 500, 950].randomElement(using: &random)!
        sizes = [[1200], [0, 1, 148, 1420], [148, 1200, 1420, 9000], [65_507, 1200]].randomElement(using: &random)!
        let isBig = sizes.contains(65_507)
        forgeriesPerTick = [0, 1, 20].randomElement(using: &random)!
        burst = 0...Int.random(in: isBig ? 1...2 : 1...30, using: &random)
    }
}
