// SPDX-License-Identifier: GPL-2.0-or-later

@testable import Links
import Sockets
import Support
import Testing

/// Random changes, seen through a conversation with all its mishaps, checked against the lists themselves.
struct NetlinkMirrorTests {
    /// Lets changes and reads happen in random order, then lets everything come to rest. Returns what the
    /// mirror has and what is true.
    ///
    /// - Parameter believes: once complete, dumps are repeated only for doubts above this.
    static func run(
        seed: UInt64, queueMax: Int, believes: NetlinkMirror.Doubt = .none
    ) -> (seen: [Interface], truth: [Interface], overruns: Int) {
        var random = SeededGenerator(seed: seed)
        var kernel = SimulatedKernel(queueMax: queueMax)
        var mirror = NetlinkMirror()
        func wantsDump() -> Bool { !mirror.isComplete || mirror.doubt > believes }
        for _ in 0..<10 { kernel.change(using: &random) }
        for _ in 0..<400 {
            switch Int.random(in: 0..<6, using: &random) {
            case 0, 1: kernel.change(using: &random)
            case 2: kernel.fillPart()
            case 3: kernel.queuePart()
            case 4: read(&kernel, &mirror, countMax: 2)
            default: if !mirror.isDumping && wantsDump() { kernel.request(mirror.beginDump()) }
            }
        }
        while true {
            kernel.fillPart()
            kernel.queuePart()
            read(&kernel, &mirror, countMax: .max)
            if mirror.isDumping { continue }
            if !wantsDump() { break }
            kernel.request(mirror.beginDump())
        }
        return (mirror.table.interfaces, InterfaceTable(kernel.interfaces).interfaces, kernel.overruns)
    }

    static func read(_ kernel: inout SimulatedKernel, _ mirror: inout NetlinkMirror, countMax: Int) {
        var count = 0
        while count < countMax, let event = kernel.next() {
            count += 1
            if let request = mirror.apply(event) { kernel.request(request) }
        }
    }

    @Test(arguments: [4, 8, 1000])
    func comesToTheTruth(queueMax: Int) {
        var overruns = 0
        for seed in 0..<UInt64(1500) {
            let run = Self.run(seed: seed, queueMax: queueMax)
            overruns += run.overruns
            #expect(run.seen == run.truth, "seed \(seed), queueMax \(queueMax)")
            if run.seen != run.truth { break }
        }
        #expect((overruns > 0) == (queueMax < 1000))
    }

    /// The simulation does contain what the doubts are about: who shrugs them off is led astray.
    @Test(arguments: [(NetlinkMirror.Doubt.moved, 1000), (.lost, 4)])
    func doubtsAreNotIdle(believes: NetlinkMirror.Doubt, queueMax: Int) {
        let astray = (0..<UInt64(1500)).contains { seed in
            let run = Self.run(seed: seed, queueMax: queueMax, believes: believes)
            return run.seen != run.truth
        }
        #expect(astray)
    }

    @Test func refusedDump() {
        var mirror = NetlinkMirror()
        #expect(mirror.beginDump() == .links(sequence: 1))
        #expect(mirror.apply(LinkEvent(content: .requestFailed(Errno(16)), sequence: 7)) == nil)
        #expect(mirror.isDumping, "an answer to something else")
        #expect(mirror.apply(LinkEvent(content: .requestFailed(Errno(16)), sequence: 1)) == nil)
        #expect(!mirror.isDumping && !mirror.isComplete)
        #expect(mirror.failure == Errno(16) && mirror.doubt == .lost)
    }

    @Test func tornDumpSweepsNothing() {
        var mirror = NetlinkMirror()
        dump(&mirror, [1, 2])
        #expect(mirror.isComplete && mirror.doubt == .none)
        dump(&mirror, [1], torn: true)
        #expect(mirror.table.interfaces.map(\.index) == [1, 2])
        #expect(mirror.doubt == .lost)
        dump(&mirror, [1])
        #expect(mirror.table.interfaces.map(\.index) == [1])
    }

    private func dump(_ mirror: inout NetlinkMirror, _ indices: [Int32], torn: Bool = false) {
        guard case .links(let links) = mirror.beginDump() else { return }
        func event(_ content: LinkEvent.Content, _ sequence: UInt32) -> LinkEvent {
            LinkEvent(content: content, isFromDump: true, sequence: sequence)
        }
        for index in indices {
            _ = mirror.apply(event(.link(Interface(index: index, name: "i\(index)")), links))
        }
        if torn { _ = mirror.apply(event(.dumpInterrupted, links)) }
        guard case .addresses(let addresses)? = mirror.apply(event(.dumpDone, links)) else { return }
        _ = mirror.apply(event(.dumpDone, addresses))
    }
}
