// SPDX-License-Identifier: GPL-2.0-or-later

@testable import Settings
import Testing

@Suite struct WordTests {
    @Test(arguments: [
        ("", "", 0), ("a", "", 1), ("", "abc", 3), ("kitten", "sitting", 3), ("listen", "lisetn", 1),
        ("abc", "abc", 0),
        ("ab", "ba", 1), ("abc", "ca", 3), ("flaw", "lawn", 2),
    ])
    func editDistance(a: String, b: String, distance: Int) {
        #expect(Suggestion.editDistance(Array(a.utf8), Array(b.utf8)) == distance)
        #expect(Suggestion.editDistance(Array(b.utf8), Array(a.utf8)) == distance)
    }

    @Test(arguments: [
        ("listenAdr", "listenAddr"), ("listen_addr", "listenAddr"), ("LISTENADDR", "listenAddr"),
        ("dst-addr", "dstAddr"), ("excludeInterfaces", "excludedInterfaces"), ("desc", nil), ("", nil),
        ("mtu", nil),
        ("webmanger", "webManager"), (String(repeating: "listenAddr", count: 5), nil),
    ])
    func suggestions(word: String, meant: String?) {
        #expect(Suggestion.nearest(to: word, among: ClientKey.names) == meant)
    }

    @Test(arguments: [
        "", "-", "+", "a", "1a", "1.0", "1e3", " 1", "1 ", "0x", "0xg", "0b2", "0o8", "010", "-010", "--1",
        "+-1", "_1",
        "0x_1", "9223372036854775808", "-9223372036854775809", "0x8000000000000000", "٣", "1\0", "10s",
    ])
    func notANumber(text: String) {
        #expect(WholeNumber.parse(text) == nil)
    }

    @Test(arguments: [("0", 0), ("-0", 0), ("-0x10", -16), ("1__0", 10), ("0x7fffffffffffffff", Int.max)])
    func number(text: String, value: Int) {
        #expect(WholeNumber.parse(text) == value)
    }
}
