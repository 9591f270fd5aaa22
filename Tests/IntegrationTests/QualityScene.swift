// SPDX-License-Identifier: GPL-2.0-or-later

import Status
import Support
import Testing

/// What is done to one direction of the links, and must be found where that direction is received.
struct Weathers: Sendable, CustomStringConvertible {
    var upLoss = 0, downLoss = 0
    var upDelay = 0.0, downDelay = 0.0

    var description: String {
        "c1 loses \(upLoss) % up, \(downLoss) % down; "
            + "c2 delays \(fixed(upDelay)) ms up, \(fixed(downDelay)) ms down"
    }

    static func all(delay: Double) -> [Weathers] {
        [
            Weathers(upLoss: 10, downDelay: delay), Weathers(downLoss: 10, upDelay: delay),
            Weathers(upLoss: 10, downLoss: 25, upDelay: delay, downDelay: 2 * delay),
        ]
    }
}

/// Three links in such weather, traffic both ways, and what both programs say of the links.
final class QualityScene {
    let rig: Rig
    let load: RunningLoad
    private let weathers: Weathers

    init(_ engine: Engine, _ weathers: Weathers) throws {
        self.weathers = weathers
        rig = try Rig(engine, emulated: [2], extra: Engarde.webManager, serverExtra: Engarde.webManager)
        let sink = try rig.sink(echo: true)
        let source = try rig.source()
        try rig.warmUp(source, sink, numbered: 0)
        for engarde in [rig.client, rig.server] { try engarde.waitForStatus() }
        try rig.links[0].lose(upPercent: weathers.upLoss, downPercent: weathers.downLoss)
        rig.links[1].setDelay(upMilliseconds: weathers.upDelay, downMilliseconds: weathers.downDelay)
        load = RunningLoad(
            UDPLoad(perSecond: 1_000, size: 1_000), from: source, into: sink, first: 1 << 20, echo: source)
    }

    /// What the last ten seconds' figures are not as they should be.
    ///
    /// - Parameters:
    ///   - expected: how many datagrams they must be of at least.
    ///   - lossWithin: percentage points.
    ///   - isDelayRight: of the median found and the delay that was set, milliseconds.
    func faults(
        expected: Int, lossWithin: Double, isDelayRight: (_ found: Double, _ wanted: Double) -> Bool
    ) throws -> [String] {
        let client = try rig.client.clientStatus()
        let server = try rig.server.serverStatus()
        let paths = server.sessions.flatMap(\.paths)
        guard server.sessions.count == 1, paths.count == 3 else { return ["\(server.sessions)"] }
        var faults: [String] = []
        func check(_ quality: Quality?, _ loss: Int, _ delay: Double, _ name: String) {
            let (lossFound, delayFound) = (quality?.lossPercent ?? -1_000, quality?.delayP50Milliseconds ?? -1_000)
            guard let quality, quality.expectedDatagrams >= expected, abs(lossFound - Double(loss)) <= lossWithin,
                isDelayRight(delayFound, delay),
                // Whoever is behind hardly ever wins.
                delay == 0 || quality.winPercent ?? 100 < 5
            else {
                faults.append("\(name), loss \(loss) %, delay \(fixed(delay)) ms: \(quality.map { "\($0)" } ?? "none")")
                return
            }
        }
        for (index, link) in rig.links.enumerated() {
            let (upLoss, downLoss) = index == 0 ? (weathers.upLoss, weathers.downLoss) : (0, 0)
            let (upDelay, downDelay) = index == 1 ? (weathers.upDelay, weathers.downDelay) : (0, 0)
            let down = client.links.first { $0.name == link.name }
            check(down?.quality.last10Seconds, downLoss, downDelay, "\(link.name) down")
            let path = paths.first { $0.address.hasPrefix("\(link.clientV4):") }
            check(path?.quality.last10Seconds, upLoss, upDelay, "\(link.name) up")
        }
        return faults
    }
}
