// SPDX-License-Identifier: GPL-2.0-or-later

import Quality
import Status
import Testing

@Suite struct LinkHealthTests {
    struct Phase: Sendable {
        var seconds = 1
        /// Datagrams a second that come from the far end.
        var incoming = 0
        /// Of 100, those that this link brings.
        var ownShare = 100
        /// Datagrams a second that want an answer.
        var outgoing = 1
        /// Of 100, those that the kernel refuses to send over this link.
        var refused = 0
        var rejoins = false
        /// The state at the end.
        var state = CarryingState.carrying
        var cause: LinkHealth.Cause?
        /// What people are told of at the end; nil for the state.
        var reported: CarryingState?
        /// Changes of state during the phase at most.
        var changesMax = 1
    }

    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var observer = LinkHealth.Observer.client
        var phases: [Phase]

        init(_ name: String, _ observer: LinkHealth.Observer = .client, _ phases: Phase...) {
            testDescription = name
            self.observer = observer
            self.phases = phases
        }
    }

    static let well = Phase(seconds: 20, incoming: 100, changesMax: 0)

    @Test(arguments: [
        Case("nothing goes on", .client, Phase(seconds: 100, outgoing: 0, changesMax: 0)),
        Case("all is well", .client, well, well),
        Case(
            "dead in mid-traffic, found within three seconds", .client, well,
            Phase(seconds: 3, incoming: 100, ownShare: 0, state: .silent, cause: .missing)),
        Case(
            "a stall of a second is nothing", .client, well,
            Phase(seconds: 1, incoming: 3, ownShare: 0, changesMax: 0), well),
        Case(
            "back at once, and no loss is held against it", .client, well,
            Phase(seconds: 30, incoming: 100, ownShare: 0, state: .silent, cause: .missing),
            Phase(seconds: 2, incoming: 100), Phase(seconds: 30, incoming: 100, changesMax: 0)),
        Case(
            "back, and lossy", .client, well,
            Phase(seconds: 5, incoming: 100, ownShare: 0, state: .silent, cause: .missing),
            Phase(seconds: 10, incoming: 100, ownShare: 80),
            Phase(seconds: 6, incoming: 100, ownShare: 80, state: .degraded, cause: .lossy)),
        Case(
            "two copies are not enough", .client, well,
            Phase(seconds: 5, incoming: 100, ownShare: 0, state: .silent, cause: .missing),
            Phase(seconds: 1, incoming: 2, state: .recovering, cause: .missing, reported: .silent)),
        Case(
            "one is, when nothing is missed for ten seconds", .client, well,
            Phase(seconds: 5, incoming: 100, ownShare: 0, state: .silent, cause: .missing),
            Phase(seconds: 1, incoming: 1, state: .recovering, cause: .missing, reported: .silent),
            Phase(seconds: 8,
                state: .recovering, cause: .missing, reported: .silent, changesMax: 0), Phase(seconds: 3)),
        Case(
            "a relapse is watched for ten seconds, and called recovering meanwhile", .client, well,
            Phase(seconds: 5, incoming: 100, ownShare: 0, state: .silent, cause: .missing),
            Phase(seconds: 5, incoming: 100),
            Phase(seconds: 5, incoming: 100, ownShare: 0, state: .silent, cause: .missing),
            Phase(seconds: 1, incoming: 100, state: .recovering, cause: .missing, reported: .silent),
            Phase(seconds: 8, incoming: 100, state: .recovering, cause: .missing, reported: .silent, changesMax: 0),
            Phase(seconds: 3, incoming: 100)),
        Case(
            "silent again while it is watched", .server, well,
            Phase(seconds: 5, incoming: 100, ownShare: 0, state: .silent, cause: .missing),
            Phase(seconds: 5, incoming: 100),
            Phase(seconds: 5, incoming: 100, ownShare: 0, state: .silent, cause: .missing),
            Phase(seconds: 5, incoming: 100, state: .recovering, cause: .missing, reported: .silent),
            Phase(seconds: 3, incoming: 100, ownShare: 0, state: .silent, cause: .missing),
            Phase(seconds: 9, incoming: 100, state: .recovering, cause: .missing, reported: .silent),
            Phase(seconds: 3, incoming: 100)),
        Case(
            "two datagrams missed are too few, the third tells", .client, well,
            Phase(seconds: 1, incoming: 2, ownShare: 0, changesMax: 0), Phase(seconds: 10, changesMax: 0),
            Phase(seconds: 1, incoming: 1, ownShare: 0, state: .silent, cause: .missing)),
        Case(
            "never brought anything", .client,
            Phase(seconds: 1, incoming: 100, ownShare: 0, changesMax: 0),
            Phase(seconds: 3, incoming: 100, ownShare: 0, state: .silent, cause: .missing)),
        Case(
            "a link the server cannot know", .client,
            Phase(seconds: 30, incoming: 100, ownShare: 0, outgoing: 0, changesMax: 0)),
        Case(
            "a path we never answered", .server,
            Phase(seconds: 30, incoming: 100, ownShare: 0, outgoing: 0, state: .silent, cause: .missing)),
        Case(
            "no answer at all", .client, well, Phase(seconds: 14, outgoing: 1, changesMax: 0),
            Phase(seconds: 4, state: .silent, cause: .unanswered)),
        Case(
            "never an answer", .client, Phase(seconds: 14, outgoing: 5, changesMax: 0),
            Phase(seconds: 4, outgoing: 5, state: .silent, cause: .unanswered)),
        Case(
            "no answer, then others get one", .client, well, Phase(seconds: 20, state: .silent, cause: .unanswered),
            Phase(seconds: 1, incoming: 10, ownShare: 0, state: .silent, cause: .missing, changesMax: 0)),
        Case(
            "no answer, then a few", .server, well, Phase(seconds: 20, state: .silent, cause: .unanswered),
            Phase(seconds: 2, incoming: 5), Phase(seconds: 10, changesMax: 0)),
        Case(
            "idle for an hour, then asked", .client, well, Phase(seconds: 3_600, outgoing: 0, changesMax: 0),
            Phase(seconds: 2, outgoing: 100, changesMax: 0), well),
        Case(
            "we only listen", .client, Phase(seconds: 2), Phase(seconds: 100, incoming: 1, outgoing: 0, changesMax: 0)),
        Case(
            "4 % are tolerated", .client, well, Phase(seconds: 60, incoming: 100, ownShare: 96, changesMax: 0)),
        Case(
            "6 % are not", .client, well,
            Phase(seconds: 30, incoming: 100, ownShare: 94, state: .degraded, cause: .lossy),
            Phase(seconds: 30, incoming: 100, ownShare: 97, state: .degraded, cause: .lossy, changesMax: 0),
            Phase(seconds: 15, incoming: 100, ownShare: 99)),
        Case(
            "lossy, but too little to tell", .client, well, Phase(seconds: 15, incoming: 0),
            Phase(seconds: 60, incoming: 4, ownShare: 75, changesMax: 0)),
        Case(
            "a verdict nobody confirms", .client, well,
            Phase(seconds: 20, incoming: 100, ownShare: 90, state: .degraded, cause: .lossy),
            Phase(seconds: 55, incoming: 1, state: .degraded, cause: .lossy, changesMax: 0),
            Phase(seconds: 20, incoming: 1)),
        Case(
            "degraded, then dead", .client, well,
            Phase(seconds: 20, incoming: 100, ownShare: 90, state: .degraded, cause: .lossy),
            Phase(seconds: 3, incoming: 100, ownShare: 0, state: .silent, cause: .missing)),
        Case(
            "the kernel refuses everything: found within two seconds, though answers come", .client, well,
            Phase(seconds: 2, incoming: 100, outgoing: 100, refused: 100, state: .blocked, cause: .refused),
            Phase(seconds: 60, incoming: 100, outgoing: 1, refused: 100, state: .blocked, cause: .refused, changesMax: 0),
            Phase(seconds: 2, incoming: 100, outgoing: 100), well),
        Case(
            "a path to which the kernel refuses everything", .server, well,
            Phase(seconds: 2, incoming: 100, outgoing: 50, refused: 100, state: .blocked, cause: .refused),
            Phase(seconds: 1, incoming: 100, outgoing: 50)),
        Case(
            "blocked from the start", .client,
            Phase(seconds: 3, outgoing: 10, refused: 100, state: .blocked, cause: .refused)),
        Case(
            "half of it refused", .client, well,
            Phase(seconds: 20, incoming: 100, outgoing: 10, refused: 50, changesMax: 0)),
        Case(
            "two refused are too few, the third tells", .client, well,
            Phase(seconds: 2, incoming: 100, outgoing: 1, refused: 100, changesMax: 0),
            Phase(seconds: 100, incoming: 100, outgoing: 0, changesMax: 0),
            Phase(seconds: 1, incoming: 100, outgoing: 1, refused: 100, state: .blocked, cause: .refused)),
        Case(
            "blocked for so long that the far end has forgotten it: not blamed at once", .client, well,
            Phase(seconds: 60, incoming: 100, ownShare: 0, outgoing: 10, refused: 100, state: .blocked, cause: .refused),
            Phase(seconds: 1, incoming: 100, ownShare: 0, outgoing: 10), well),
        Case(
            "blocked, and then nothing comes either", .client, well,
            Phase(seconds: 5, incoming: 100, outgoing: 10, refused: 100, state: .blocked, cause: .refused),
            Phase(seconds: 5, incoming: 100, ownShare: 0, outgoing: 10, state: .silent, cause: .missing, changesMax: 2)),
        Case(
            "refused again soon after: watched", .client, well,
            Phase(seconds: 5, incoming: 100, outgoing: 10, refused: 100, state: .blocked, cause: .refused),
            Phase(seconds: 5, incoming: 100, outgoing: 10),
            Phase(seconds: 5, incoming: 100, outgoing: 10, refused: 100, state: .blocked, cause: .refused),
            Phase(seconds: 9, incoming: 100, outgoing: 10, state: .recovering, cause: .refused, reported: .blocked),
            Phase(seconds: 3, incoming: 100, outgoing: 10)),
        Case(
            "leaves and comes back", .client, well,
            Phase(seconds: 5, incoming: 100, ownShare: 0, state: .silent, cause: .missing),
            Phase(seconds: 1, incoming: 100, ownShare: 0, rejoins: true), well),
    ])
    func phases(_ test: Case) {
        var scene = LinkScene(test.observer)
        var second = scene.now / LinkScene.second
        for (number, phase) in test.phases.enumerated() {
            if phase.rejoins { scene.rejoin() }
            var states = [scene.health.state]
            for _ in 0..<phase.seconds {
                let begin = second * LinkScene.second
                for index in 0..<phase.outgoing {
                    let refused = index * phase.refused / 100 != (index + 1) * phase.refused / 100
                    scene.send(at: begin + Int64(index) * 1_000_000, refused: refused)
                }
                for index in 0..<phase.incoming {
                    // The first of them are lost, so that small numbers need no luck.
                    let own = index * phase.ownShare / 100 != (index + 1) * phase.ownShare / 100
                    let step = 800_000_000 / Int64(phase.incoming)
                    scene.deliver(own: own, at: begin + 100_000_000 + Int64(index) * step)
                }
                scene.evaluate(at: begin + 950_000_000)
                states.append(scene.health.state)
                second += 1
            }
            let changes = zip(states, states.dropFirst()).count { $0 != $1 }
            #expect(scene.health.state == phase.state, "phase \(number)")
            #expect(scene.health.cause == phase.cause, "phase \(number)")
            #expect(scene.health.reportedState == phase.reported ?? phase.state, "phase \(number)")
            #expect(changes <= phase.changesMax, "phase \(number): \(states)")
            #expect(scene.health.reason.isEmpty == (phase.state == .carrying))
        }
    }

    /// A link that is slow, not dead, at the moment when traffic begins again.
    @Test func slowAfterARest() {
        var scene = LinkScene(.client)
        let begin = scene.now
        scene.send(at: begin)
        scene.deliver(own: true, at: begin + LinkScene.second)
        scene.evaluate(at: begin + 2 * LinkScene.second)
        let later = begin + 3_600 * LinkScene.second
        for index: Int64 in 0..<100 { scene.deliver(own: false, at: later + index * 1_000_000) }
        scene.evaluate(at: later + 110_000_000)
        #expect(scene.health.state == .carrying)
        scene.evaluate(at: later + 1_110_000_000)
        #expect(scene.health.state == .carrying)
        var dead = scene
        dead.evaluate(at: later + 2_110_000_000)
        #expect(dead.health.state == .silent)
        for index: Int64 in 0..<100 { scene.deliver(own: true, at: later + 1_200_000_000 + index * 1_000_000) }
        scene.evaluate(at: later + 2_110_000_000)
        #expect(scene.health.state == .carrying)
    }

    @Test(arguments: [LinkHealth.Observer.client, .server])
    func whatOthersWereNotAnsweredIsNotTheirs(_ observer: LinkHealth.Observer) {
        var health = LinkHealth(observer)
        var evidence = LinkEvidence(now: 0, joined: LinkScene.second)
        evidence.unansweredDatagrams = 100
        for second: Int64 in 1...60 {
            evidence.now = second * LinkScene.second
            // Something is sent over this one as late as that.
            if second >= 40 { evidence.lastSent = evidence.now - 1 }
            health.update(evidence)
            if second < (observer == .client ? 54 : 40) { #expect(health.state == .carrying) }
        }
        #expect(health.state == .silent)
    }

    @Test func aWindowCountsOnce() {
        var health = LinkHealth(.server)
        var evidence = LinkEvidence(now: 60 * LinkScene.second, joined: LinkScene.second)
        evidence.window.expectedDatagrams = 100
        evidence.window.lossPercent = 10
        evidence.windowEnd = 59 * LinkScene.second
        for _ in 0..<5 {
            health.update(evidence)
            #expect(health.state == .carrying)
        }
        evidence.windowEnd += LinkScene.second
        health.update(evidence)
        #expect(health.state == .degraded)
    }

    @Test func wordsDoNotChangeByTheSecond() {
        var scene = LinkScene(.server)
        var reasons: Set<String> = []
        for second: Int64 in 0..<60 {
            scene.send(at: scene.joined + second * LinkScene.second)
            scene.evaluate(at: scene.joined + second * LinkScene.second + 500_000_000)
            reasons.insert(scene.health.reason)
        }
        #expect(reasons == ["", "no answer from the client"])
    }

    @Test func wordsOfRefusalAndRecovery() {
        var scene = LinkScene(.client)
        var reasons: [String] = []
        for second: Int64 in 0..<8 {
            for index: Int64 in 0..<5 {
                scene.send(at: scene.joined + second * LinkScene.second + index, refused: second < 4)
                if second == 4 { break }
            }
            scene.evaluate(at: scene.joined + second * LinkScene.second + 500_000_000)
            reasons.append(scene.health.reason)
        }
        #expect(reasons.suffix(5) == ["a packet filter", "carries again, watched for 10 s", "", "", ""])
    }
}
