// SPDX-License-Identifier: GPL-2.0-or-later

import Quality
import Status
import Support
import Testing

/// Random plays, judged by what the complete logs say.
@Suite struct LinkHealthSeedTests {
    private static let second = LinkScene.second

    @Test(arguments: 1...60 as ClosedRange<UInt64>)
    func statesAreWhatTheLogsSay(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let observer: LinkHealth.Observer = random.happens(500) ? .client : .server
        var scene = LinkScene(observer)
        scene.send(at: scene.now)
        var silences: [Int64] = []
        for _ in 0..<40 {
            let incoming = [0, 1, 5, 100].randomElement(using: &random)!
            let ownPer1000 = [0, 0, 500, 900, 990, 1000, 1000].randomElement(using: &random)!
            let outgoing = Int.random(in: 0...3, using: &random)
            for _ in 0..<Int.random(in: 1...25, using: &random) {
                let length = Int64.random(in: 1_000_000_000...1_200_000_000, using: &random)
                act(&scene, length, incoming: incoming, ownPer1000, outgoing: outgoing, &random) { scene in
                    let (before, evaluation) = (scene.health, scene.lastEvaluation)
                    scene.evaluate(at: scene.now + 1)
                    check(scene, before.reportedState, seed, &silences)
                    // Whatever people are told, a link that has just brought something is not silent.
                    #expect(scene.health.state != .silent || scene.lastOwn <= evaluation, "seed \(seed)")
                    #expect(
                        scene.health.state == scene.health.reportedState
                            || scene.health.state == .recovering, "seed \(seed)")
                }
            }
        }
    }

    /// Whatever else happens, a link that brings everything there is to bring is only silent when nobody answers.
    @Test(arguments: 1...20 as ClosedRange<UInt64>)
    func whoCarriesEverythingIsNeverBlamed(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var scene = LinkScene(random.happens(500) ? .client : .server)
        for _ in 0..<400 {
            let incoming = random.happens(500) ? 0 : Int.random(in: 0...100, using: &random)
            let outgoing = Int.random(in: 0...1, using: &random)
            act(&scene, Self.second, incoming: incoming, 1000, outgoing: outgoing, &random) { scene in
                scene.evaluate(at: scene.now + 1)
                #expect(scene.health.state != .degraded, "seed \(seed)")
                if scene.health.state == .silent { #expect(scene.health.cause == .unanswered, "seed \(seed)") }
            }
        }
    }

    /// Blocked is a link whose every send has been refused for a while, and no other.
    @Test(arguments: 1...15 as ClosedRange<UInt64>)
    func blockedIsWhatTheLogsSay(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var scene = LinkScene(random.happens(500) ? .client : .server)
        for _ in 0..<60 {
            let refusedPer1000 = [0, 0, 500, 1000, 1000].randomElement(using: &random)!
            let outgoing = Int.random(in: 0...9, using: &random)
            for _ in 0..<Int.random(in: 1...8, using: &random) {
                let begin = scene.now + 1
                for index in 0..<outgoing {
                    scene.send(at: begin + Int64(index) * 100_000_000, refused: random.happens(refusedPer1000))
                }
                // It brings everything there is, whatever becomes of what is sent.
                for index: Int64 in 0..<5 { scene.deliver(own: true, at: begin + 900_000_000 + index) }
                let evaluation = scene.lastEvaluation
                scene.evaluate(at: begin + 1_100_000_000)
                let note: Comment = "seed \(seed), at \(scene.now - scene.joined) ns: \(scene.health.state)"
                let run = scene.refused.reversed().prefix { $0 > scene.lastTaken }
                if scene.health.state == .blocked { #expect(run.count >= 3, note) }
                if scene.lastTaken > evaluation, run.isEmpty { #expect(scene.health.state != .blocked, note) }
                // Those of the evaluation in which it began may have been counted beside others that were taken, or not.
                let certain = run.prefix { $0 > max(scene.lastTaken, scene.joined) + 1_200_000_000 }
                if certain.count >= 3, certain.last! < scene.now - 1_200_000_000 {
                    #expect(scene.health.state == .blocked, note)
                }
                #expect(scene.health.state != .silent, note)
            }
        }
    }

    /// - Parameter evaluate: called at the end, whether or not something came then, and now and then before, as when
    ///   somebody looks.
    private func act(
        _ scene: inout LinkScene, _ length: Int64, incoming: Int, _ ownPer1000: Int, outgoing: Int,
        _ random: inout SeededGenerator, evaluate: (inout LinkScene) -> Void
    ) {
        let begin = scene.now + 1
        var events = (0..<incoming).map { _ in (Int64.random(in: 0..<length, using: &random), true) }
        events += (0..<outgoing).map { _ in (Int64.random(in: 0..<length, using: &random), false) }
        for (offset, isIncoming) in events.sorted(by: { $0.0 < $1.0 }) {
            if isIncoming {
                scene.deliver(own: random.happens(ownPer1000), at: begin + offset)
            } else {
                scene.send(at: begin + offset)
            }
            if random.happens(10) { evaluate(&scene) }
        }
        if events.isEmpty { scene.evaluate(at: begin + length) }
        evaluate(&scene)
    }

    private func check(_ scene: LinkScene, _ before: CarryingState, _ seed: UInt64, _ silences: inout [Int64]) {
        let (now, state) = (scene.now, scene.health.reportedState)
        let note: Comment = "seed \(seed), at \(now - scene.joined) ns: \(before) → \(state), \(scene.health.reason)"
        #expect([.carrying, .degraded, .silent].contains(state), note)
        #expect((scene.health.cause == nil) == (scene.health.state == .carrying), note)
        #expect(!(before == .silent && state == .degraded), note)

        if state == .silent, before != .silent {
            silences.append(now)
            #expect(now - scene.joined >= 2 * Self.second, note)
            #expect(silences.count { $0 > now - 60 * Self.second } <= 7, note)
            switch scene.health.cause {
            case .missing:
                #expect(now - scene.lastOwn >= 1_500_000_000 && scene.missedSinceOwn >= 3, note)
            default:
                #expect(now - scene.lastHeard >= 15 * Self.second && scene.unanswered >= 3, note)
            }
        }
        if before == .silent, state == .carrying, let since = silences.last {
            #expect(scene.lastOwn >= since, note)
        }
        // Long dead while others delivered: there is no excuse left.
        let old = now - 4_500_000_000
        if scene.joined < old, scene.lastOwn < old,
            scene.missed.reversed().prefix(while: { $0 > old }).count(where: { $0 < old + Self.second }) >= 3
        {
            #expect(state == .silent, note)
        }
        let unanswered = scene.sent.reversed().prefix { $0 >= scene.lastHeard }
        if unanswered.count >= 3, let first = unanswered.last, now - first > 18 * Self.second {
            #expect(state == .silent, note)
        }
        if now - scene.joined > 30 * Self.second, scene.missed.last ?? 0 < now - 25 * Self.second, unanswered.count < 3,
            scene.lastOwn > now - Self.second, before != .silent
        {
            #expect(state != .silent, note)
        }
    }
}
