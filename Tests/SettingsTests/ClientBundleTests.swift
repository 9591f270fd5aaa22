// SPDX-License-Identifier: GPL-2.0-or-later

import Testing

@testable import Settings

@Suite struct ClientBundleTests {
    private static func key(_ letter: Character) -> String { String(repeating: letter, count: 42) + "A=" }

    static var bundle: ClientBundle {
        ClientBundle(
            name: "van",
            servers: [HostPort(host: "203.0.113.7", port: 59501), HostPort(host: "2001:db8::1", port: 59501)],
            serverPublicKey: key("s"), presharedKey: key("p"), privateKey: key("c"), publicKey: key("d"),
            addresses: ["10.77.0.2/24", "fd77::2/64"], serverAddresses: ["10.77.0.1", "fd77::1"], mtu: 1420,
            dns: ["9.9.9.9"])
    }

    /// What is refused, in the words of the refusal.
    private func refusal(_ text: String) -> String {
        do throws(BundleRefusal) {
            _ = try ClientBundle(text: text, file: "van.bundle")
            return "taken"
        } catch {
            return error.description
        }
    }

    /// With its checksum made to fit again.
    private func resealed(_ text: String) -> String {
        let body = text.split(separator: "\n").dropLast().joined(separator: "\n") + "\n"
        return body + ClientBundle.checksumKey + ClientBundle.checksum(of: body) + "\n"
    }

    @Test func whatIsWrittenIsRead() throws {
        #expect(try ClientBundle(text: Self.bundle.text, file: "") == Self.bundle)
        var keptAtHome = Self.bundle
        keptAtHome.privateKey = nil
        keptAtHome.dns = []
        #expect(!keptAtHome.text.contains("privateKey"))
        #expect(try ClientBundle(text: keptAtHome.text, file: "") == keptAtHome)
    }

    @Test func mailDoesNoHarm() throws {
        let lines = Self.bundle.text.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(try ClientBundle(text: lines.joined(separator: "\r\n") + "\r\n\r\n", file: "") == Self.bundle)
    }

    /// Every text that ends early, and every byte that is another one.
    @Test func damageIsNoticed() {
        let text = Self.bundle.text
        for count in 0..<text.count - 1 { #expect(refusal(String(text.prefix(count))) != "taken") }
        let bytes = Array(text.utf8)
        for place in 0..<bytes.count - 1 where bytes[place] != UInt8(ascii: "\n") {
            var changed = bytes
            changed[place] ^= 1
            #expect(refusal(String(decoding: changed, as: UTF8.self)) != "taken")
        }
        #expect(
            refusal(text.replacing("10.77.0.2", with: "10.77.0.3"))
                == "van.bundle: the bundle was changed or damaged: its checksum does not fit; fetch it again")
        #expect(
            refusal(text.split(separator: "\n").dropLast().joined(separator: "\n"))
                == "van.bundle: the bundle is torn: its last line, the checksum, is missing")
    }

    @Test func aNewerOneNeedsANewerProgram() {
        #expect(
            refusal(resealed(Self.bundle.text.replacing("version: 1", with: "version: 2\nshape: round")))
                == "van.bundle: a bundle of version 2, and this engarde reads version 1: install a newer engarde")
    }

    @Test func anotherFileIsNone() {
        for text in ["", "client:\n  listenAddr: \"127.0.0.1:1\"\n", "\u{0}\u{1}"] {
            #expect(refusal(text).hasPrefix("van.bundle: no client bundle"))
        }
    }

    @Test(arguments: [
        ("name: \"van\"", "name: \"../van\""), ("mtu: 1420", "mtu: 1000"), ("\"203.0.113.7:59501\"", "\"203.0.113.7\""),
        ("10.77.0.2/24", "10.77.0.2"), ("serverPublicKey", "serverPrivateKey"), ("9.9.9.9", "9.9.9"),
    ])
    func whatCannotBeUsedIsRefused(_ old: String, _ new: String) {
        let refusal = refusal(resealed(Self.bundle.text.replacing(old, with: new)))
        #expect(refusal.hasPrefix("van.bundle:") && refusal.contains("wanted"))
        #expect(!refusal.contains(Self.key("c")))
    }

    /// Of each list that has to name something, none is as bad as none at all.
    @Test(arguments: [
        ("servers", "[\"203.0.113.7:59501\", \"[2001:db8::1]:59501\"]"),
        ("addresses", "[\"10.77.0.2/24\", \"fd77::2/64\"]"), ("serverAddresses", "[\"10.77.0.1\", \"fd77::1\"]"),
    ])
    func anEmptyListIsRefused(_ key: String, _ list: String) {
        for nothing in ["[]", "[~]", "~"] {
            let text = Self.bundle.text.replacing("\n\(key): \(list)", with: "\n\(key): \(nothing)")
            #expect(text != Self.bundle.text)
            let refusal = refusal(resealed(text))
            #expect(refusal.contains("\(key): found nothing, wanted"), "\(refusal)")
        }
    }

    @Test func aWrongNumberIsToldOnce() {
        let refusal = refusal(resealed(Self.bundle.text.replacing("mtu: 1420", with: "mtu: 1000")))
        #expect(refusal.split(separator: "wanted").count == 2, "\(refusal)")
    }

    @Test func namesAreNamesOfFiles() {
        for good in ["van", "client1", "a.b-c_d", "7"] { #expect(ClientBundle.isName(good)) }
        for bad in ["", ".", "-a", "a/b", "a b", "ä", String(repeating: "x", count: 33)] {
            #expect(!ClientBundle.isName(bad))
        }
    }
}
