// SPDX-License-Identifier: GPL-2.0-or-later

import Sockets
import Testing

@testable import Links

/// One link, second by second on a simulated clock: which pair it uses, and when it takes another source port.
@Suite struct CandidateSelectionTests {
    private static let second: Int64 = 1_000_000_000

    static func pair(_ source: String, _ destination: String) -> CandidatePair {
        CandidatePair(source: IPAddress(source)!, destination: SocketAddress(IPAddress(destination)!, port: 59501))
    }

    static let a = pair("10.0.0.2", "203.0.113.1")
    static let b = pair("10.0.0.2", "203.0.113.2")
    static let c = pair("10.0.0.3", "203.0.113.1")

    /// A link that asks something each second, over a network in which some pairs answer.
    struct Scene {
        var selection = CandidateSelection()
        var now: Int64 = 100 * second
        var lastReceived: Int64 = 0
        var questions: UInt64 = 0
        /// Pairs that answer; those in `stuck` only from another port than the one they began with.
        var answering: Set<CandidatePair> = []
        var asks = true
        /// What was tried, with the second counted from the scene's beginning: `3 10.0.0.2>203.0.113.2`, with `*` for a
        /// new port.
        var log: [String] = []
        private var silence = 0

        mutating func run(seconds: Int, each: (inout Scene, Int) -> Void = { _, _ in }) {
            for _ in 0..<seconds {
                now += second
                each(&self, Int(now / second) - 100)
                if asks { questions += 1 }
                if let pair = selection.pair, answering.contains(pair), asks {
                    lastReceived = now - second / 2
                    silence = 0
                } else if asks {
                    silence += 1
                }
                // Others deliver: silence is noticed after two seconds.
                let evidence = CandidateSelection.Evidence(
                    now: now, lastReceived: lastReceived, isSilent: lastReceived > 0 && silence > 2,
                    questions: questions)
                guard let attempt = selection.attempt(evidence) else { continue }
                let (source, destination) = (attempt.pair.source, attempt.pair.destination.ip)
                log.append("\(Int(now / second) - 100) \(source)>\(destination)\(attempt.needsNewPort ? "*" : "")")
            }
        }

        mutating func update(_ candidates: [CandidatePair]) -> CandidatePair {
            selection.update(candidates, now: now, lastReceived: lastReceived)
        }
    }

    @Test("The best pair is used, and kept while it answers")
    func steady() {
        var scene = Scene()
        #expect(scene.update([Self.a, Self.b]) == Self.a)
        scene.answering = [Self.a]
        scene.run(seconds: 600)
        #expect(scene.log.isEmpty && scene.selection.pair == Self.a)
    }

    @Test("A pair that nothing was asked over is not left")
    func idle() {
        var scene = Scene()
        _ = scene.update([Self.a, Self.b])
        scene.asks = false
        scene.run(seconds: 600)
        #expect(scene.log.isEmpty)
    }

    @Test("A first address that never answers is left after seconds, and the one that does is kept")
    func deadFirst() {
        var scene = Scene()
        _ = scene.update([Self.a, Self.b])
        scene.answering = [Self.b]
        scene.run(seconds: 60)
        #expect(scene.log == ["5 10.0.0.2>203.0.113.2"])
        #expect(scene.selection.pair == Self.b)
    }

    @Test("All pairs are gone through, again and again with growing pauses")
    func allDead() {
        var scene = Scene()
        _ = scene.update([Self.a, Self.b, Self.c])
        scene.run(seconds: 90)
        let tried = scene.log.map { $0.split(separator: " ")[1] }
        #expect(
            tried.prefix(6) == [
                "10.0.0.2>203.0.113.2", "10.0.0.3>203.0.113.1", "10.0.0.2>203.0.113.1*", "10.0.0.2>203.0.113.2",
                "10.0.0.3>203.0.113.1", "10.0.0.2>203.0.113.1*",
            ])
        let times = scene.log.compactMap { Int($0.split(separator: " ")[0]) }
        let pauses = zip(times.dropFirst(), times).map { $0 - $1 }
        #expect(zip(pauses.dropFirst(2), pauses).allSatisfy { $0 >= $1 } && pauses.allSatisfy { $0 <= 26 })
    }

    @Test("A link with one pair takes another port after a while of silence, and again with growing pauses")
    func newPorts() {
        var scene = Scene()
        _ = scene.update([Self.a])
        scene.answering = [Self.a]
        scene.run(seconds: 20)
        scene.answering = []
        scene.run(seconds: 400)
        let times = scene.log.compactMap { Int($0.split(separator: " ")[0]) }
        #expect(scene.log.allSatisfy { $0.hasSuffix("*") })
        #expect(times.first.map { 23...30 ~= $0 } == true, "\(times)")
        let pauses = zip(times.dropFirst(), times).map { $0 - $1 }
        #expect(zip(pauses.dropFirst(2), pauses).allSatisfy { $0 > $1 }, "\(pauses)")
        #expect(times.count < 16, "\(times)")
    }

    @Test("A link that recovers begins with short pauses again")
    func recovers() {
        var scene = Scene()
        _ = scene.update([Self.a])
        scene.answering = [Self.a]
        scene.run(seconds: 5)
        scene.answering = []
        scene.run(seconds: 120)
        scene.answering = [Self.a]
        scene.run(seconds: 30)
        scene.log = []
        let begin = Int(scene.now / Self.second) - 100
        scene.answering = []
        scene.run(seconds: 12)
        let first = scene.log.first.flatMap { Int($0.split(separator: " ")[0]) }
        #expect(first.map { $0 - begin <= 9 } == true, "\(scene.log), from \(begin)")
    }

    @Test("Home is tried from another port first, and between any two others")
    func homeFirst() {
        var scene = Scene()
        _ = scene.update([Self.a, Self.b, Self.c])
        scene.answering = [Self.a]
        scene.run(seconds: 20)
        scene.answering = []
        scene.run(seconds: 120)
        let tried = scene.log.map { String($0.split(separator: " ")[1]) }
        #expect(
            tried.prefix(5) == [
                "10.0.0.2>203.0.113.1*", "10.0.0.2>203.0.113.2", "10.0.0.2>203.0.113.1*", "10.0.0.3>203.0.113.1",
                "10.0.0.2>203.0.113.1*",
            ])
        var away = 0
        for entry in scene.log.map({ $0.split(separator: " ") }) where !entry[1].hasPrefix("10.0.0.2>203.0.113.1*") {
            away += 1
            let left = scene.log.map { $0.split(separator: " ") }.first { Int($0[0])! > Int(entry[0])! }
            if let left { #expect(Int(left[0])! - Int(entry[0])! <= 15) }
        }
        #expect(away > 0)
    }

    @Test("The pair in use stays when others come and go behind it")
    func others() {
        var scene = Scene()
        _ = scene.update([Self.a])
        #expect(scene.update([Self.a, Self.b]) == Self.a)
        #expect(scene.update([Self.a, Self.c]) == Self.a)
    }

    @Test("A better pair is taken while none has answered, and not from one that has")
    func better() {
        var scene = Scene()
        _ = scene.update([Self.b])
        #expect(scene.update([Self.a, Self.b]) == Self.a)
        scene.answering = [Self.a]
        scene.run(seconds: 5)
        #expect(scene.update([Self.b, Self.a]) == Self.a)
    }

    @Test("The kernel's other choice of a source address moves the link, whatever has answered")
    func sourceMoves() {
        var scene = Scene()
        _ = scene.update([Self.a, Self.c])
        scene.answering = [Self.a]
        scene.run(seconds: 5)
        #expect(scene.update([Self.c, Self.a]) == Self.c)
    }

    @Test("A source address that a search has found is not given up for the kernel's, which brought nothing")
    func searchStays() {
        var scene = Scene()
        _ = scene.update([Self.a, Self.c])
        scene.answering = [Self.c]
        scene.run(seconds: 30)
        #expect(scene.selection.pair == Self.c)
        #expect(scene.update([Self.a, Self.c]) == Self.c)
    }

    @Test("A pair that is gone is left for the best of the others")
    func gone() {
        var scene = Scene()
        _ = scene.update([Self.a, Self.b])
        #expect(scene.update([Self.b, Self.c]) == Self.b)
    }
}
