// SPDX-License-Identifier: GPL-2.0-or-later

import Support
import Testing

@testable import Doctor

/// Secrets at random, in each place where one may stand, and none in what is left.
@Suite struct RedactionPropertyTests {
    private static let host = "vänless-box7"
    private static let name = "Tunnel-7.Example.org"
    private static let hexDigits = Array("0123456789abcdef")

    private func hex(_ count: Int, _ random: inout SeededGenerator) -> String {
        String((0..<count).map { _ in Self.hexDigits.randomElement(using: &random)! })
    }

    /// A secret of one kind, with all that it must not be found as.
    private func secret(_ random: inout SeededGenerator) -> (text: String, parts: [String]) {
        switch Int.random(in: 0..<8, using: &random) {
        case 0:
            let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
            let key = String((0..<43).map { _ in letters.randomElement(using: &random)! }) + "="
            return (key, [key])
        case 1:
            let address =
                "\([8, 51, 77, 198, 203].randomElement(using: &random)!)."
                + (0..<3).map { _ in "\(Int.random(in: 0...255, using: &random))" }.joined(separator: ".")
            return (address, [address])
        case 2:
            let address = "2a0\(hex(1, &random)):" + (0..<7).map { _ in hex(4, &random) }.joined(separator: ":")
            return (address, [address])
        case 3:
            let address = "2a01:\(hex(3, &random))::1\(hex(3, &random))"
            return (address, [address])
        case 4:
            let bytes = (0..<6).map { _ in hex(2, &random) }
            let mac = bytes.joined(separator: random.happens(500) ? ":" : "-")
            return (mac, [mac])
        case 5:
            let digits = hex(11, &random) + "a"
            return ("enx\(digits)", [digits])
        case 6:
            // The hardware address is in the last half.
            let end = "\(hex(2, &random))ff:fe\(hex(2, &random)):1\(hex(3, &random))"
            let address = "\(random.happens(500) ? "fe80" : "fd12:3456:789a:1")::5054:\(end)"
            return (address.hasPrefix("fe80") ? address : address.replacing("::", with: ":"), [end])
        default:
            return random.happens(500) ? (Self.name.lowercased(), [Self.name.lowercased()]) : (Self.host, [Self.host])
        }
    }

    @Test func noSecretIsLeft() {
        var random = SeededGenerator(seed: 7)
        let before = [
            "", " ", "=", "/", ",", ".", "\"", "(", "[", "|", ";", "->", "@", "Key=", "\tsrc=", "é", "{", "\n",
        ]
        let after = [
            "", " ", "=", "/", ",", ".", "\"", ")", "]:53", "|", ";", "%eth0", "/24", "\r\n", "é", "}", "\n", ": no",
        ]
        for _ in 0..<4_000 {
            var redaction = Redaction(names: [Self.name], hosts: [Self.host])
            let (text, parts) = secret(&random)
            let line = before.randomElement(using: &random)! + text + after.randomElement(using: &random)!
            // A port of an address, a pair of keys: one secret behind another.
            let (other, others) = secret(&random)
            let whole = line + ["=", ",", " ", "/"].randomElement(using: &random)! + other
            for result in [redaction.redacted(whole), redaction.redacted(configuration: whole)] {
                for part in parts + others { #expect(!result.contains(part), "\(whole.debugDescription) → \(result)") }
            }
        }
    }

    /// The ways in which YAML writes a text, each with the key that follows.
    @Test(arguments: [
        "password: SECRET", "password: \"SECRET\"", "password: 'SECRET: and # SECRET'", "password:SECRET",
        "\"password\": SECRET", "'password' : SECRET", "PASSWORD: SECRET", "password: &a SECRET", "# password: SECRET",
        "password: |\n    SECRET\n\n    and: SECRET", "password: >-\n    SECRET\n    SECRET", "password:\n    SECRET",
        "password: \"one\n    SECRET\n    key: SECRET\"", "password: \"one\nSECRET\"", "password: 'one\n\n\n  SECRET'",
        "password: one\r\n    SECRET\r", "? password\n  : SECRET", "webManager: {username: a, password: SECRET}",
        "webManager: {password: one\n  SECRET\n  }", "password: [SECRET,\n    SECRET]",
    ])
    func noPasswordIsLeft(_ text: String) {
        for secret in ["hunter2", "pass word: 8", "\"quoted\" 'twice'", "pässwörd", "}", "#=:"] {
            let indented = ("webManager:\n" + text).split(separator: "\n", omittingEmptySubsequences: false)
                .map { "  \($0)" }.joined(separator: "\n")
            for whole in [text, indented] {
                var redaction = Redaction(names: [])
                let given = whole.replacing("SECRET", with: "S:\(secret)") + "\nengine: polling\nkept: yes\n"
                let result = redaction.redacted(configuration: given)
                #expect(!result.contains("S:") && !result.contains("hunter2"), "\(given) → \(result)")
                #expect(result.contains("engine: polling\nkept: yes\n"), "\(given) → \(result)")
            }
        }
    }

    /// Text that tells nothing is left as it is.
    @Test func theRestIsLeft() {
        var redaction = Redaction(names: [], hosts: ["van", "localhost", ""])
        let text = """
            Linux 6.1.0-13-amd64 #1 SMP 6.1.55-1 (2023-09-29) x86_64
            inet 10.0.0.1/8 fe80::1/64 ::1 127.0.0.1 255.255.255.0 localhost advantage caravan
            std::array Facts::add 12:34:56.789 123456789012 a.b.c sha256 fd00:77::/64 ff02::1 /usr/lib/x86_64-linux-gnu
            """
        #expect(redaction.redacted(text) == text)
    }

    /// IPv4 addresses within IPv6 ones, as dual-stack sockets show them.
    @Test(arguments: ["::ffff:SECRET", "[::FFFF:SECRET]:80", "64:ff9b::SECRET", "from::ffff:SECRET", "::ffff:SECRETx"])
    func noMappedAddressIsLeft(_ text: String) {
        for secret in ["8.8.8.8", "203.1.114.77"] {
            var redaction = Redaction(names: [])
            let result = redaction.redacted(text.replacing("SECRET", with: secret))
            #expect(!result.contains(secret) && !result.contains(secret.dropFirst(3)), "\(text) → \(result)")
        }
    }

    @Test func oneSecretHasOneWord() {
        var redaction = Redaction(names: ["vpn.example"], hosts: ["van"])
        #expect(
            redaction.redacted("enx525400a23456 52:54:00:A2:34:56 52-54-00-a2-34-56 van VPN.example van.lan")
                == "enxmac-1 mac-1 mac-1 name-2 name-1 name-2.lan")
        #expect(redaction.redacted("2a01:4f8::1 2A01:04F8:0::1 vpn.EXAMPLE") == "public-1 public-1 name-1")
        #expect(redaction.redacted("fe80::5054:ff:fea2:3456%eth0") == "local-1%eth0")
        let key = String(repeating: "a/", count: 21) + "A="
        #expect(redaction.redacted("Key=\(key) \(key.replacing("/", with: "\\/"))") == "Key=key-1 key-1")
    }

    /// The names in a file that is refused are known from nowhere else.
    @Test func namesOfARefusedFile() {
        var redaction = Redaction(names: [])
        #expect(
            redaction.redacted(configuration: "dstAddr: \"vpn.example:59501\"\nlistenAddr: localhost:1, [::1]:2, :3")
                == "dstAddr: \"name-1:59501\"\nlistenAddr: localhost:1, [::1]:2, :3")
    }
}
