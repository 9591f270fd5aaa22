// SPDX-License-Identifier: GPL-2.0-or-later

import Testing
import WireGuardWire

@Suite struct PublicKeyTests {
    @Test(arguments: [
        ("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", Array(UInt8(0)..<32)),
        ("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", [UInt8](repeating: 0, count: 32)),
        ("//////////////////////////////////////////8=", [UInt8](repeating: 0xff, count: 32)),
        ("++/vvvv77++++/vv7777++/v77777++/vvv7++/7778=", Self.plusesAndSlashes),
    ])
    func key(text: String, bytes: [UInt8]) throws {
        #expect(try PublicKey(base64: text).bytes == bytes)
    }

    private static let plusesAndSlashes = Recorded.bytes(
        "fbefefbefbfbefefbefbfbefefbefbfbefefefbefbefefbfbefbfbfbeffbefbf")

    @Test(arguments: [
        ("", PublicKey.Fault.length(0)),
        ("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8", .length(43)),
        ("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n", .length(45)),
        (" AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", .length(45)),
        ("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f", .length(64)),
        // Another alphabet, of RFC 4648, section 5.
        ("-_ECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", .character(at: 1)),
        ("AAEC wQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", .character(at: 5)),
        // 33 bytes.
        ("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8g", .character(at: 44)),
        // 31 bytes.
        ("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHg==", .character(at: 43)),
        // 44 bytes of UTF-8.
        ("äECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", .character(at: 1)),
        ("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh9=", .surplusBits),
        ("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh-=", .character(at: 43)),
    ])
    func noKey(text: String, fault: PublicKey.Fault) {
        #expect(throws: fault) { try PublicKey(base64: text) }
    }

    /// Of the 64 texts that differ in the last digit, every fourth one is a key.
    @Test func lastDigit() {
        let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
        for (value, digit) in alphabet.enumerated() {
            let key = try? PublicKey(base64: String(repeating: "A", count: 42) + "\(digit)=")
            #expect(key?.bytes.last == (value % 4 == 0 ? UInt8(value / 4) : nil), "\(digit)")
        }
    }
}
