// SPDX-License-Identifier: GPL-2.0-or-later

import Status
import Support
import Testing

extension Integration {
    /// What the programs say of their links, against what the laboratory does to them.
    @Suite struct QualityTests {
        /// What is done to one direction of the links, and must be found where that direction is received.
        struct Weathers: Sendable, CustomStringConvertible {
            var upLoss = 0, downLoss = 0
            var upDelay = 0.0, downDelay = 0.0

            var description: String {
                "c1 loses \(upLoss) % up, \(downLoss) % down; "
                    + "c2 delays \(fixed(upDelay)) ms up, \(fixed(downDelay)) ms down"
            }

            static let all = [
                Weathers(upLoss: 10, downDelay: 20), Weathers(downLoss: 10, upDelay: 20),
                Weathers(upLoss: 10, downLoss: 25, upDelay: 20, downDelay: 40),
            ]
        }

        @Test(arguments: Engine.available, Weathers.all)
        func lossAndDelayAreReportedInEachDirection(engine: Engine, weathers: Weathers) throws {
            let rig = try Rig(engine, emulated: [2], extra: Engarde.webManager, serverExtra: Engarde.webManager)
            let sink = try rig.sink(echo: true)
            let source = try rig.source()
            try rig.warmUp(source, sink, numbered: 0)
            for engarde in [rig.client, rig.server] { try engarde.waitForStatus() }
            try rig.links[0].lose(upPercent: weathers.upLoss, downPercent: weathers.downLoss)
            rig.links[1].setDelay(upMilliseconds: weathers.upDelay, downMilliseconds: weathers.downDelay)
            // The window of ten seconds filled with this weather alone, and a second for late copies.
            let report = try UDPLoad(perSecond: 1_000, size: 1_000).run(
                from: source, into: sink, seconds: 12.5, first: 1 << 20, settle: 0.05)
            #expect(report.lost == 0, "\(weathers): \(report); \(rig.words)")

            let client = try rig.client.clientStatus()
            let server = try rig.server.serverStatus()
            let paths = server.sessions.flatMap(\.paths)
            #expect(server.sessions.count == 1 && paths.count == 3, "\(server.sessions)")
            for (index, link) in rig.links.enumerated() {
                let (upLoss, downLoss) = index == 0 ? (weathers.upLoss, weathers.downLoss) : (0, 0)
                let (upDelay, downDelay) = index == 1 ? (weathers.upDelay, weathers.downDelay) : (0, 0)
                let down = try #require(client.links.first { $0.name == link.name }, "\(client.links.map(\.name))")
                check(down.quality.last10Seconds, downLoss, downDelay, "\(engine), \(link.name) down", weathers)
                let path = try #require(
                    paths.first { $0.address.hasPrefix("\(link.clientV4):") }, "\(paths.map(\.address))")
                check(path.quality.last10Seconds, upLoss, upDelay, "\(engine), \(link.name) up", weathers)
            }
        }

        private func check(_ quality: Quality, _ loss: Int, _ delay: Double, _ name: String, _ weathers: Weathers) {
            let words: Comment = "\(name): \(weathers): \(quality)"
            let (lossFound, delayFound) = (quality.lossPercent ?? -1_000, quality.delayP50Milliseconds ?? -1_000)
            let figures = "loss \(fixed(lossFound, 2)) % of \(loss), delay \(fixed(delayFound, 2)) ms of \(fixed(delay))"
            print("\(name): \(figures)")
            #expect(quality.expectedDatagrams > 8_000, words)
            #expect(abs(lossFound - Double(loss)) <= 2, words)
            #expect(abs(delayFound - delay) <= 2, words)
            // Whoever is 20 ms behind never wins.
            if delay > 0 { #expect(quality.winPercent ?? 100 < 5, words) }
        }

        @Test(arguments: Engine.available)
        func aLinkThatSwallowsIsToldOf(engine: Engine) throws {
            let folder = try TemporaryFolder()
            let (clientLog, serverLog) = ("\(folder.path)/client", "\(folder.path)/server")
            // Its own first word is where to write; the rest is what it was told.
            let script = try folder.write(
                "#!/bin/sh\nlog=$1\nshift\nprintf '%s|' \"$@\" >> $log\necho >> $log\n", to: "changed")
            try run(["chmod", "700", script])
            let rig = try Rig(
                engine, extra: "  onLinkChange: [\"\(script)\", \"\(clientLog)\"]\n" + Engarde.webManager,
                serverExtra: "  onLinkChange: [\"\(script)\", \"\(serverLog)\"]\n" + Engarde.webManager)
            let sink = try rig.sink(echo: true)
            let source = try rig.source()
            try rig.warmUp(source, sink, numbered: 0)
            for engarde in [rig.client, rig.server] { try engarde.waitForStatus() }

            let link = rig.links[0]
            let server = rig.server
            func path() throws -> PathStatus? {
                try server.serverStatus().sessions.flatMap(\.paths).first { $0.address.hasPrefix("\(link.clientV4):") }
            }
            let address = try #require(try path()?.address)
            var moments: [String: Double] = [:]
            /// Notes how long after `moment` both programs had told of a change.
            func note(_ old: CarryingState, _ new: CarryingState, after moment: Double, _ now: Double) {
                for (log, subject) in [(clientLog, "c1"), (serverLog, address)] {
                    let words = "\(subject)|\(old.rawValue)|\(new.rawValue)|"
                    if moments[words] == nil, readText(log).contains(words) { moments[words] = now - moment }
                }
            }
            var states: [CarryingState?] = []
            let (cut, mended) = (2.0, 9.0)
            var (isCut, isMended) = (false, false)
            let report = try UDPLoad(perSecond: 200, size: 500).run(
                from: source, into: sink, seconds: 19, first: 1 << 20
            ) { now in
                if now > cut && !isCut {
                    isCut = true
                    try link.silentlyDrop()
                }
                if now > mended && !isMended {
                    isMended = true
                    states = [
                        try rig.client.clientStatus().links.first { $0.name == link.name }?.state, try path()?.state,
                    ]
                    try link.lose(percent: 0)
                }
                if isCut { note(.carrying, .silent, after: cut, now) }
                if isMended { note(.silent, .carrying, after: mended, now) }
            }
            let told = readText(clientLog) + readText(serverLog)
            let words: Comment = "told \(told); after s: \(moments); \(rig.words)"
            print("\(engine): told after s: \(moments); said meanwhile: \(states.map { $0?.rawValue ?? "nothing" })")
            #expect(report.lost == 0, "\(report); \(rig.words)")
            for subject in ["c1", address] {
                #expect(moments["\(subject)|carrying|silent|"] ?? .infinity < 5, words)
                // Longer than it took to accuse it: hysteresis.
                #expect(moments["\(subject)|silent|carrying|"] ?? .infinity < 9, words)
            }
            #expect(states == [.silent, .silent], words)
            // Others are not accused.
            #expect(!told.contains("c2|") && !told.contains("c3|"), words)
        }

        /// A packet filter at the client's end of c1, and one at the server's end of c2.
        @Test(arguments: Engine.available)
        func whatTheKernelRefusesIsBlocked(engine: Engine) throws {
            let rig = try Rig(engine, extra: Engarde.webManager, serverExtra: Engarde.webManager)
            let sink = try rig.sink(echo: true)
            let source = try rig.source()
            try rig.warmUp(source, sink, numbered: 0)
            for engarde in [rig.client, rig.server] { try engarde.waitForStatus() }
            let (client, server) = (rig.client, rig.server)
            let far = rig.links[1].clientV4
            func states() throws -> [(state: CarryingState, reason: String)] {
                let link = try #require(try client.clientStatus().links.first { $0.name == "c1" })
                let path = try #require(
                    try server.serverStatus().sessions.flatMap(\.paths).first { $0.address.hasPrefix("\(far):") })
                return [(link.state, link.reason), (path.state, path.reason)]
            }
            func refuse(_ isRefused: Bool) throws {
                for (namespace, match) in [
                    (rig.laboratory.client, "oifname c1"), (rig.laboratory.server, "ip daddr \(far)"),
                ] {
                    let rules = """
                        table inet refusal { chain output {
                        type filter hook output priority 0; \(match) udp length > 0 drop
                        }; }
                        """
                    try run(["nft", "-f", "-"], in: namespace, input: isRefused ? rules : "delete table inet refusal")
                }
            }
            // Seconds from the change to both being in the state wanted; the filter is taken away when they are.
            var blockedAfter: Double?
            var carryingAfter: Double?
            var (refusedAt, allowedAt, lookedAt): (Double?, Double?, Double) = (nil, nil, 0)
            var reasons: [String] = []
            let report = try UDPLoad(perSecond: 200, size: 500).run(
                from: source, into: sink, seconds: 16, first: 1 << 20
            ) { now in
                guard now - lookedAt > 0.2 else { return }
                lookedAt = now
                if refusedAt == nil, now > 2 {
                    try refuse(true)
                    refusedAt = now
                } else if let refusedAt, blockedAfter == nil {
                    let found = try states()
                    guard found.allSatisfy({ $0.state == .blocked }) else { return }
                    reasons = found.map(\.reason)
                    blockedAfter = now - refusedAt
                    try refuse(false)
                    allowedAt = now
                } else if let allowedAt, carryingAfter == nil, try states().allSatisfy({ $0.state == .carrying }) {
                    carryingAfter = now - allowedAt
                }
            }
            print("\(engine): blocked after \(blockedAfter ?? -1) s, carrying after \(carryingAfter ?? -1) s")
            #expect(report.lost == 0, "\(report); \(rig.words)")
            let found = try states()
            #expect(blockedAfter != nil && carryingAfter != nil, "\(found); \(rig.words)")
            #expect(reasons.allSatisfy { $0.contains("EPERM") } && !reasons.isEmpty, "\(reasons)")
            for engarde in [client, server] {
                let told = engarde.program.lines.map(\.text).filter { $0.contains("blocked, the kernel refuses") }
                #expect(told.count == 1, "\(told)")
            }
        }

        @Test(arguments: Engine.available)
        func aLinkThatFallsShortIsDegraded(engine: Engine) throws {
            let rig = try Rig(engine, extra: Engarde.webManager, serverExtra: Engarde.webManager)
            let sink = try rig.sink(echo: true)
            let source = try rig.source()
            try rig.warmUp(source, sink, numbered: 0)
            for engarde in [rig.client, rig.server] { try engarde.waitForStatus() }
            try rig.links[1].lose(percent: 40)
            // Judged over ten seconds, none of them from the link's first two, and twice.
            let report = try UDPLoad(perSecond: 500, size: 500).run(
                from: source, into: sink, seconds: 18, first: 1 << 20)
            #expect(report.lost == 0, "\(report); \(rig.words)")
            let links = try rig.client.clientStatus().links
            let states = links.map { ($0.name, $0.state, $0.reason) }
            #expect(links.first { $0.name == "c2" }?.state == .degraded, "\(states)")
            #expect(links.filter { ["c1", "c3"].contains($0.name) }.allSatisfy { $0.state == .carrying })
            let paths = try rig.server.serverStatus().sessions.flatMap(\.paths)
            let lossy = paths.filter { $0.address.hasPrefix("\(rig.links[1].clientV4):") }
            #expect(lossy.map(\.state) == [.degraded], "\(paths.map { ($0.address, $0.state, $0.reason) })")
            #expect(paths.filter { $0.state == .carrying }.count == 2)
        }
    }
}
