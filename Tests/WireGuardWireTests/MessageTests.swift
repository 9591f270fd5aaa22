// SPDX-License-Identifier: GPL-2.0-or-later

import Support
import Testing
import WireGuardWire

@Suite struct MessageTests {
    private let fence: Fence

    init() throws { fence = try Fence() }

    private func message(_ bytes: [UInt8]) -> Message { fence.with(bytes) { Message($0, length: $1) } }

    /// `length` bytes that begin with `type` and three zeros and go on 4, 5, 6, …
    private static func bytes(_ type: UInt8, _ length: Int) -> [UInt8] {
        Array(([type, 0, 0, 0] + (4..<max(length, 4)).map { UInt8(truncatingIfNeeded: $0) }).prefix(length))
    }

    @Test(arguments: [
        (1, 148, Message.Kind.initiation), (1, 147, .foreign), (1, 149, .foreign), (1, 92, .foreign), (1, 32, .foreign),
        (2, 92, .response), (2, 91, .foreign), (2, 93, .foreign), (2, 148, .foreign), (2, 64, .foreign),
        (3, 64, .cookieReply), (3, 63, .foreign), (3, 65, .foreign), (3, 92, .foreign), (3, 32, .foreign),
        (4, 32, .data), (4, 31, .foreign), (4, 33, .data), (4, 64, .data), (4, 92, .data), (4, 148, .data),
        (4, 1452, .data), (4, 65_535, .data),
        (0, 148, .foreign), (5, 32, .foreign), (5, 148, .foreign), (255, 64, .foreign), (1, 65_535, .foreign),
        (4, 0, .foreign), (4, 1, .foreign), (4, 3, .foreign), (4, 4, .foreign), (4, 8, .foreign), (4, 16, .foreign),
    ] as [(UInt8, Int, Message.Kind)])
    func kinds(type: UInt8, length: Int, kind: Message.Kind) {
        #expect(message(Self.bytes(type, length)).kind == kind)
    }

    @Test(arguments: [(1, 148), (2, 92), (3, 64), (4, 32), (4, 1452)] as [(UInt8, Int)], 1...3)
    func reservedBytes(shape: (type: UInt8, length: Int), place: Int) {
        for bit in 0..<8 {
            var bytes = Self.bytes(shape.type, shape.length)
            #expect(message(bytes).kind != .foreign)
            bytes[place] = 1 << UInt8(bit)
            let message = message(bytes)
            #expect(SlowMessage(message) == SlowMessage([]), "bit \(bit)")
        }
    }

    @Test func fields() {
        let initiation = message(Self.bytes(1, 148))
        #expect((initiation.sender, initiation.receiver, initiation.counter) == (0x0706_0504, 0, 0))
        let response = message(Self.bytes(2, 92))
        #expect((response.sender, response.receiver, response.counter) == (0x0706_0504, 0x0b0a_0908, 0))
        let cookieReply = message(Self.bytes(3, 64))
        #expect((cookieReply.sender, cookieReply.receiver, cookieReply.counter) == (0, 0x0706_0504, 0))
        let data = message(Self.bytes(4, 32))
        #expect((data.sender, data.receiver, data.counter) == (0, 0x0706_0504, 0x0f0e_0d0c_0b0a_0908))
    }

    /// The initiator's index in the initiation is the receiver's in the response, and so on.
    @Test func recorded() {
        let initiation = message(Recorded.initiation)
        let response = message(Recorded.response)
        let data = message(Recorded.data)
        #expect([initiation.kind, response.kind, data.kind] == [.initiation, .response, .data])
        #expect(initiation.sender == 0xe41b_b68f)
        #expect(response.receiver == initiation.sender)
        #expect(data.receiver == response.sender)
        #expect(data.counter == 0)
    }

    @Test(arguments: [UInt64(21), 22, 23, 24])
    func agreesWithTheSlowOne(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var seen: [Message.Kind: Int] = [:]
        for round in 0..<5_000 {
            let bytes = Self.almostWireGuard(using: &random)
            let message = message(bytes)
            seen[message.kind, default: 0] += 1
            #expect(SlowMessage(message) == SlowMessage(bytes), "seed \(seed), round \(round): \(bytes.prefix(16))")
        }
        // The tester is tested: it has to reach every kind, and often enough to mean something.
        for kind in [Message.Kind.initiation, .response, .cookieReply, .data, .foreign] {
            #expect(seen[kind, default: 0] > 100, "\(kind)")
        }
    }

    /// Random bytes whose type, reserved bytes and size are right, or nearly so, more often than chance has it.
    private static func almostWireGuard(using random: inout SeededGenerator) -> [UInt8] {
        let type = UInt8.random(in: 0...(random.chance(9, in: 10) ? 5 : 255), using: &random)
        var length = [0, 4, 32, 64, 92, 148].randomElement(using: &random)!
        switch Int.random(in: 0..<10, using: &random) {
        case 0: length = Int.random(in: 0...300, using: &random)
        case 1: length = Int.random(in: 0...1500, using: &random)
        case 2: length = max(0, length + Int.random(in: -2...2, using: &random))
        default: if type >= 1, type <= 4, random.chance(1, in: 2) { length = [148, 92, 64, 32][Int(type) - 1] }
        }
        var bytes = (0..<length).map { _ in UInt8.random(in: 0...255, using: &random) }
        for (place, value) in [type, 0, 0, 0].enumerated() where place < length {
            if place == 0 || random.chance(29, in: 30) { bytes[place] = value }
        }
        return bytes
    }
}
