// SPDX-License-Identifier: GPL-2.0-or-later

import Status
import Support
import Testing

extension Integration {
    /// What the programs say of their links, against what the laboratory does to them.
    @Suite struct QualityTests {
        @Test(arguments: Engine.available, Weathers.all(delay: 300))
        func lossAndDelayAreReportedInEachDirection(engine: Engine, weathers: Weathers) throws {
            let scene = try QualityScene(engine, weathers)
            // The window of ten seconds filled with this weather alone; on a busy machine that may take longer. Of
            // 5,000 datagrams 1.2 % of all are two standard deviations of a loss of 25 %.
            var faults: [String] = []
            let isRight = try Monotonic.wait {
                Monotonic.sleep(seconds: 0.5)
                faults = try scene.faults(expected: 5_000, lossWithin: 2.5) { found, wanted in
                    wanted > 0 ? found >= wanted * 0.8 && found <= wanted * 1.5 : found < 100
                }
                return faults.isEmpty
            }
            let report = scene.load.finish(settle: 0.05)
            #expect(report.lost == 0, "\(weathers): \(report); \(scene.rig.words)")
            #expect(isRight, "\(weathers): \(faults)")
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
            /// How long after `moment` both programs had told of a change, in seconds.
            func told(_ old: CarryingState, _ new: CarryingState, after moment: Int64) throws -> [Double] {
                try [(clientLog, "c1"), (serverLog, address)].map { log, subject in
                    let words = "\(subject)|\(old.rawValue)|\(new.rawValue)|"
                    try #require(Monotonic.wait { readText(log).contains(words) }, "\(words); \(rig.words)")
                    return Double(Monotonic.nanoseconds - moment) / 1e9
                }
            }
            let load = RunningLoad(UDPLoad(perSecond: 200, size: 500), from: source, into: sink, first: 1 << 20)
            Monotonic.sleep(seconds: 2)
            let cut = Monotonic.nanoseconds
            try link.silentlyDrop()
            let accused = try told(.carrying, .silent, after: cut)
            let states = [
                try rig.client.clientStatus().links.first { $0.name == link.name }?.state, try path()?.state,
            ]
            let mended = Monotonic.nanoseconds
            try link.lose(percent: 0)
            let cleared = try told(.silent, .carrying, after: mended)
            let report = load.finish()
            let all = readText(clientLog) + readText(serverLog)
            let words: Comment = "told \(all); \(rig.words)"
            print("\(engine): client and server told of silence after \(accused) s, of its end after \(cleared) s")
            #expect(report.lost == 0, "\(report); \(rig.words)")
            #expect(states == [.silent, .silent], words)
            // Others are not accused.
            #expect(!all.contains("c2|") && !all.contains("c3|"), words)
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
            let load = RunningLoad(UDPLoad(perSecond: 500, size: 500), from: source, into: sink, first: 1 << 20)
            let isTold = try Monotonic.wait {
                Monotonic.sleep(seconds: 0.2)
                let link = try rig.client.clientStatus().links.first { $0.name == "c2" }
                let paths = try rig.server.serverStatus().sessions.flatMap(\.paths)
                return link?.state == .degraded && paths.contains { $0.state == .degraded }
            }
            let links = try rig.client.clientStatus().links
            let states = links.map { ($0.name, $0.state, $0.reason) }
            #expect(links.first { $0.name == "c2" }?.state == .degraded, "\(states)")
            #expect(links.filter { ["c1", "c3"].contains($0.name) }.allSatisfy { $0.state == .carrying })
            let paths = try rig.server.serverStatus().sessions.flatMap(\.paths)
            let report = load.finish()
            #expect(isTold && report.lost == 0, "\(report); \(rig.words)")
            let lossy = paths.filter { $0.address.hasPrefix("\(rig.links[1].clientV4):") }
            #expect(lossy.map(\.state) == [.degraded], "\(paths.map { ($0.address, $0.state, $0.reason) })")
            #expect(paths.filter { $0.state == .carrying }.count == 2)
        }
    }
}
