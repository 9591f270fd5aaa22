// SPDX-License-Identifier: GPL-2.0-or-later

import Support
import Testing
@testable import WireGuardWire

@Suite struct BLAKE2sTests {
    /// RFC 7693, appendix B.
    @Test func abc() {
        #expect(
            BLAKE2s(digestLength: 32).digest(of: Array("abc".utf8)).bytes
                == Recorded.bytes("508c5e8c327c14e2e1a72ba34eeb452f37458b209ed63a294d999b4c86675982"))
    }

    /// RFC 7693, appendix E: a digest over those of many lengths, with keys and without.
    @Test func selfTest() {
        var digests: [UInt8] = []
        for digestLength in [16, 20, 28, 32] {
            for length in [0, 3, 64, 65, 255, 1024] {
                let message = Self.sequence(length, seed: length)
                digests += BLAKE2s(digestLength: digestLength).digest(of: message).bytes
                let key = Self.sequence(digestLength, seed: digestLength)
                digests += BLAKE2s(digestLength: digestLength, key: key).digest(of: message).bytes
            }
        }
        #expect(
            BLAKE2s(digestLength: 32).digest(of: digests).bytes
                == Recorded.bytes("6a411f08ce25adcdfb02aba641451cec53c598b24f4fc787fbdc88797f4c1dfe"))
    }

    /// The RFC's `selftest_seq`: numbers of a Fibonacci sequence, the upper eight bits of each.
    private static func sequence(_ length: Int, seed: Int) -> [UInt8] {
        var (a, b) = (0xdead_4bad &* UInt32(seed), UInt32(1))
        return (0..<length).map { _ in
            (a, b) = (b, a &+ b)
            return UInt8(b >> 24)
        }
    }

    /// Lines of `blake2s-kat.txt` of the reference implementation: the message is 0, 1, 2, …
    @Test(arguments: [
        (0, false, "69217a3079908094e11121d042354a7c1f55b6482ca1a51e1b250dfd1ed0eef9"),
        (0, true, "48a8997da407876b3d79c0d92325ad3b89cbb754d86ab71aee047ad345fd2c49"),
        (1, true, "40d15fee7c328830166ac3f918650f807e7e01e177258cdc0a39b11f598066f1"),
        (255, true, "3fb735061abc519dfe979e54c1ee5bfad0a9d858b3315bad34bde999efd724dd"),
    ])
    func knownAnswer(length: Int, isKeyed: Bool, digest: String) {
        let key: [UInt8] = isKeyed ? Array(0..<32) : []
        #expect(
            BLAKE2s(digestLength: 32, key: key).digest(of: (0..<length).map { UInt8($0) }).bytes
                == Recorded.bytes(digest))
    }

    /// All 256 lengths of that file, digested in turn; and every length of key. From Python's `hashlib.blake2s`.
    @Test func everyKnownAnswer() {
        var digests: [[UInt8]] = [[], [], []]
        let key = Array(UInt8(0)..<32)
        for length in 0..<256 {
            let message = (0..<length).map { UInt8($0) }
            digests[0] += BLAKE2s(digestLength: 32).digest(of: message).bytes
            digests[1] += BLAKE2s(digestLength: 32, key: key).digest(of: message).bytes
            let hash = BLAKE2s(digestLength: length % 32 + 1, key: Array(key.prefix(length % 33)))
            digests[2] += hash.digest(of: message).bytes
        }
        let expected = [
            "6d86d20a9d486cc270bc10f4523a3e811f7f88636204b0a9a76277823b30b672",
            "2582f7b18a91f66ef22aa9455384ada69b2590306a6470ee8588df75ee982f02",
            "4834ab2dc5594e06c8004154f58bfd676a556ea74d880a5aeff753f682db6821",
        ]
        for (digests, expected) in zip(digests, expected) {
            #expect(BLAKE2s(digestLength: 32).digest(of: digests).bytes == Recorded.bytes(expected))
        }
    }

    /// Wherever a message lies, and whatever lies around it.
    @Test func alignmentDoesNotMatter() throws {
        let fence = try Fence()
        var random = SeededGenerator(seed: 7)
        let hash = BLAKE2s(digestLength: 16, key: [1, 2, 3])
        for length in 0...200 {
            let message = (0..<length).map { _ in UInt8.random(in: 0...255, using: &random) }
            let there = fence.with(message) { hash.digest(of: $0, length: $1).bytes }
            #expect(there == hash.digest(of: message).bytes, "length \(length)")
        }
    }
}
