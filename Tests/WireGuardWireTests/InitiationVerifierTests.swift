// SPDX-License-Identifier: GPL-2.0-or-later

import Testing
import WireGuardWire

@Suite struct InitiationVerifierTests {
    private let fence: Fence
    private let initiator: InitiationVerifier
    private let responder: InitiationVerifier

    init() throws {
        fence = try Fence()
        initiator = InitiationVerifier(try PublicKey(base64: Recorded.initiatorKey))
        responder = InitiationVerifier(try PublicKey(base64: Recorded.responderKey))
    }

    private func verifies(_ verifier: InitiationVerifier, _ bytes: [UInt8], _ kind: Message.Kind) -> Bool {
        fence.with(bytes) { verifier.verifies($0, length: $1, kind: kind) }
    }

    @Test func eachIsMeantForTheOther() {
        #expect(verifies(responder, Recorded.initiation, .initiation))
        #expect(verifies(initiator, Recorded.response, .response))
        #expect(!verifies(initiator, Recorded.initiation, .initiation))
        #expect(!verifies(responder, Recorded.response, .response))
    }

    /// From Python's `hashlib.blake2s`: key 0, 1, … 31; the bytes before `mac1` are 0, 1, 2, …, after the type.
    @Test(arguments: [
        (Message.Kind.initiation, "44a5276c0c75b37d5cfede7eaeb9cf59"), (.response, "5760cb0cd27ce341104949b3ea1a887d"),
    ])
    func constructed(kind: Message.Kind, mac1: String) throws {
        let verifier = InitiationVerifier(try PublicKey(base64: "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="))
        let covered = kind == .initiation ? 116 : 60
        let bytes =
            [kind.rawValue, 0, 0, 0] + (4..<covered).map { UInt8($0) } + Recorded.bytes(mac1)
            + [UInt8](repeating: 0xff, count: 16)
        #expect(verifies(verifier, bytes, kind))
    }

    /// A bit turned over anywhere up to the end of `mac1` is noticed; `mac2` behind it is somebody else's business.
    @Test func everyBitCounts() {
        let handshakes: [(InitiationVerifier, [UInt8], Message.Kind)] = [
            (responder, Recorded.initiation, .initiation), (initiator, Recorded.response, .response),
        ]
        for (verifier, handshake, kind) in handshakes {
            for bit in 0..<handshake.count * 8 {
                var bytes = handshake
                bytes[bit / 8] ^= 1 << UInt8(bit % 8)
                #expect(verifies(verifier, bytes, kind) == (bit / 8 >= handshake.count - 16), "\(kind), bit \(bit)")
            }
        }
    }

    @Test func noOtherSizeAndNoOtherKind() {
        for (handshake, kind) in [(Recorded.initiation, Message.Kind.initiation), (Recorded.response, .response)] {
            for verifier in [initiator, responder] {
                for length in 0..<handshake.count {
                    #expect(!verifies(verifier, Array(handshake.prefix(length)), kind))
                }
                #expect(!verifies(verifier, handshake + [0], kind))
                for other in [Message.Kind.cookieReply, .data, .foreign] {
                    #expect(!verifies(verifier, handshake, other))
                }
            }
        }
        #expect(!verifies(responder, Recorded.initiation, .response))
        #expect(!verifies(initiator, Recorded.response, .initiation))
    }
}
