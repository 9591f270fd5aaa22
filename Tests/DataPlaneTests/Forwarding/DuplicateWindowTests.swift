// SPDX-License-Identifier: GPL-2.0-or-later

import Support
import Testing
import WireGuardWire

@testable import DataPlane

@Suite struct DuplicateWindowTests {
    private typealias Datagram = WireGuardDatagram

    /// A window that can be asked in an expectation.
    private final class Window {
        private var window: DuplicateWindow

        init(_ entries: Int) {
            var random = SeededGenerator(seed: 1)
            window = DuplicateWindow(entries: entries, random: &random)
        }

        private func find(_ bytes: [UInt8], at now: UInt32) -> (key: DuplicateWindow.Key, entry: WindowEntry?) {
            bytes.withUnsafeBytes {
                let key = window.key(Message($0.baseAddress!, length: $0.count), $0.baseAddress!, $0.count)
                return (key, window.find(key, now: now))
            }
        }

        func holds(_ bytes: [UInt8], at now: UInt32) -> Bool { find(bytes, at: now).entry != nil }

        /// Whether it is a copy; if not it is remembered.
        func sees(_ bytes: [UInt8], at now: UInt32, isPending: Bool = false) -> Bool {
            let (key, entry) = find(bytes, at: now)
            if entry == nil { window.insert(key, now: now, owner: 1, member: 0, isPending: isPending) }
            return entry != nil
        }
    }

    @Test("The same bytes are a copy; another counter, receiver or tag is another datagram")
    func identity() {
        let window = Window(1024)
        #expect(!window.sees(Datagram.data(7, 1), at: 0))
        #expect(window.sees(Datagram.data(7, 1), at: 10))
        #expect(!window.sees(Datagram.data(7, 2), at: 10))
        #expect(!window.sees(Datagram.data(8, 1), at: 10))
        #expect(!window.sees(Datagram.data(7, 1, tag: 5), at: 10), "a forged tag does not look like the real one")
        #expect(window.sees(Datagram.data(7, 1), at: 20), "nor does it hide it")
    }

    @Test("Handshake messages are known by all their bytes, and only for a moment")
    func handshakes() {
        let window = Window(1024)
        #expect(!window.sees(Datagram.initiation(1, ephemeral: 1), at: 0))
        #expect(!window.sees(Datagram.initiation(1, ephemeral: 2), at: 0))
        #expect(window.sees(Datagram.initiation(1, ephemeral: 1), at: 1_000_000))
        #expect(!window.sees(Datagram.initiation(1, ephemeral: 1), at: 1_000_001))
        #expect(!window.sees(Datagram.response(1, to: 2), at: 0))
        #expect(window.sees(Datagram.response(1, to: 2), at: 0))
        #expect(!window.sees(Datagram.cookie(to: 2), at: 0))
        #expect(window.sees(Datagram.cookie(to: 2), at: 0))
    }

    @Test("A datagram is forwarded again when its time is over, also across the clock's wrap")
    func lifetime() {
        let window = Window(1024)
        let late: UInt32 = .max - 1_000_000
        #expect(!window.sees(Datagram.data(7, 1), at: late))
        #expect(window.sees(Datagram.data(7, 1), at: late &+ 4_000_000))
        #expect(!window.sees(Datagram.data(7, 1), at: late &+ 4_000_001))
        #expect(window.sees(Datagram.data(7, 1), at: late &+ 4_000_002))
    }

    @Test("One session at 100,000 a second is remembered for more than a second on the client")
    func reach() {
        let window = Window(Limits.clientWindowEntries)
        for counter in 0..<400_000 as Range<UInt64> {
            let now = UInt32(counter * 10)
            #expect(!window.sees(Datagram.data(7, counter), at: now))
            guard counter >= 100_000 else { continue }
            if counter % 7 == 0 { #expect(window.sees(Datagram.data(7, counter - 100_000), at: now)) }
        }
    }

    @Test("A thousand sessions at 100,000 a second together keep 999 of 1,000 datagrams for a second on the server")
    func sharedReach() {
        let window = Window(Limits.serverWindowEntries)
        var random = SeededGenerator(seed: 3)
        let receivers = (0..<1000).map { _ in UInt32.random(in: 0...UInt32.max, using: &random) }
        var forgotten = 0
        var asked = 0
        for step in 0..<300_000 as Range<UInt64> {
            let now = UInt32(step * 10)
            #expect(!window.sees(Datagram.data(receivers[Int(step % 1000)], step / 1000), at: now))
            guard step >= 100_000, step % 11 == 0 else { continue }
            asked += 1
            let past = step - 100_000
            let key = Datagram.data(receivers[Int(past % 1000)], past / 1000)
            if !window.holds(key, at: now) { forgotten += 1 }
        }
        #expect(forgotten * 1000 <= asked, "\(forgotten) of \(asked)")
    }

    @Test("A flood of forged datagrams makes it forgetful and never suppresses a real one")
    func flood() {
        let window = Window(1024)
        var random = SeededGenerator(seed: 9)
        for counter in 0..<2_000 as Range<UInt64> {
            for _ in 0..<20 {
                _ = window.sees(
                    Datagram.data(7, counter &+ .random(in: 0..<64, using: &random), tag: random.next()),
                    at: UInt32(counter))
            }
            #expect(!window.sees(Datagram.data(7, counter), at: UInt32(counter)))
        }
    }

    @Test("Strangers do not shorten the memory of those who are known")
    func strangers() {
        let window = Window(1024)
        var random = SeededGenerator(seed: 9)
        for counter in 0..<2_000 as Range<UInt64> {
            let now = UInt32(counter * 100)
            #expect(!window.sees(Datagram.data(7, counter), at: now))
            for _ in 0..<50 {
                _ = window.sees(
                    Datagram.data(7, counter &+ .random(in: 0..<64, using: &random), tag: random.next()), at: now,
                    isPending: true)
            }
            if counter > 500 { #expect(window.sees(Datagram.data(7, counter - 500), at: now)) }
        }
    }

    @Test("Random traffic against a table that forgets nothing: what is called a copy is one", arguments: 1...20)
    func reference(seed: UInt64) {
        let window = Window(4096)
        var random = SeededGenerator(seed: seed)
        var seen: [[UInt8]: UInt32] = [:]
        var now: UInt32 = .random(in: 0...(.max), using: &random)
        var recognised = 0
        var copies = 0
        var sent: [[UInt8]] = []
        for step in 0..<20_000 {
            now &+= .random(in: 0..<50, using: &random)
            let bytes: [UInt8]
            if !sent.isEmpty, random.happens(600) {
                bytes = sent[max(0, sent.count - 1 - .random(in: 0..<3_000, using: &random))]
            } else {
                bytes = Datagram.data(
                    .random(in: 0..<4, using: &random), UInt64(step) / 3, tag: .random(in: 0..<2, using: &random))
                sent.append(bytes)
            }
            let isCopy = window.sees(bytes, at: now)
            if let first = seen[bytes], now &- first <= 4_000_000 {
                copies += 1
                if isCopy { recognised += 1 } else { seen[bytes] = now }
            } else {
                #expect(!isCopy)
                seen[bytes] = now
            }
        }
        #expect(recognised * 10 > copies * 9, "\(recognised) of \(copies)")
    }
}
