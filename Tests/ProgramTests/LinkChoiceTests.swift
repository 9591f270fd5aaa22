// SPDX-License-Identifier: GPL-2.0-or-later

import Glibc
import Testing

@testable import engarde

/// The question which interfaces a client shall use.
@Suite struct LinkChoiceTests {
    /// - Parameter typed: lines at the terminal; nil when nobody is asked.
    private func choice(_ typed: String?, given: String? = nil, known: [String]? = nil) throws -> [String]? {
        var bytes = Array((typed ?? "").utf8)
        return try bytes.withUnsafeMutableBytes { buffer in
            let input = typed == nil ? nil : fmemopen(buffer.baseAddress, buffer.count, "r")
            defer { if let input { fclose(input) } }
            return try LinkChoice(of: ["eth0", "eth1", "wwan0"], known: known)
                .ask(Interview(input: input), given: given)
        }
    }

    /// Also where an earlier run has chosen some.
    @Test func yesMeansAll() throws {
        #expect(try choice("y\n") == nil)
        #expect(try choice("\n") == nil)
        #expect(try choice("Y\n", known: ["eth0"]) == nil)
    }

    @Test func anEarlierChoiceIsOffered() throws {
        #expect(try choice("\n\n", known: ["eth0", "usb0"]) == ["eth0", "usb0"])
        #expect(try choice("n\neth1\n", known: ["eth0"]) == ["eth1"])
    }

    @Test func namesAreAskedFor() throws {
        #expect(try choice("n\nusb0\n\neth0, wwan0\n") == ["eth0", "wwan0"])
        #expect(throws: (any Error).self) { try choice("n\nusb0\n") }
    }

    @Test func whereNobodyIsAskedTheChoiceStays() throws {
        #expect(try choice(nil) == nil)
        #expect(try choice(nil, known: ["eth0"]) == ["eth0"])
    }

    @Test func theFlagHasTheLastWord() throws {
        #expect(try choice(nil, given: "all", known: ["eth0"]) == nil)
        #expect(try choice(nil, given: "wwan0,eth0", known: ["eth1"]) == ["wwan0", "eth0"])
        #expect(throws: (any Error).self) { try choice(nil, given: "usb0") }
    }
}
