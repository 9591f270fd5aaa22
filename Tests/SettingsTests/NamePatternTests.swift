// SPDX-License-Identifier: GPL-2.0-or-later

import Glibc
import Settings
import Support
import Testing

struct NamePatternTests {
    @Test(arguments: [
        ("eth0", ["eth0"], ["eth1", "eth", "eth00", ""]),
        ("veth*", ["veth", "veth0", "vethabc"], ["vet", "eth0", "aveth0"]),
        ("*", ["", "anything"], []),
        ("*0", ["eth0", "0", "00"], ["eth1", ""]),
        ("w*n*", ["wan", "wwan0", "wn"], ["wa", "lan0"]),
        ("eth?", ["eth0", "ethx"], ["eth", "eth10"]),
        ("eth[0-2]", ["eth0", "eth2"], ["eth3", "eth", "eth00"]),
        ("eth[!0-2]", ["eth3", "ethx"], ["eth0", "eth"]),
        ("[ew]*", ["eth0", "wan"], ["lo", ""]),
        ("[]a]b", ["]b", "ab"], ["b", "[b"]),
        ("[a-]", ["a", "-"], ["b"]),
        ("odd[", ["odd["], ["odd"]),
        ("x[y]", ["x[y]", "xy"], ["x"]),
        ("a*b*c", ["abc", "aXbYc", "abcbc"], ["ab", "acb"]),
        ("", [""], ["a"]),
    ] as [(String, [String], [String])])
    func pattern(_ text: String, fits: [String], fitsNot: [String]) {
        let pattern = NamePattern(text)
        for name in fits { #expect(pattern.matches(name), "\(text) fits \(name)") }
        for name in fitsNot { #expect(!pattern.matches(name), "\(text) does not fit \(name)") }
    }

    @Test func likeFnmatch() {
        var random = SeededGenerator(seed: 1)
        for _ in 0..<20_000 {
            let pattern = random.text(of: ["a", "b", "*", "?", "[ab]", "[!a]", "[a-b]"], countMax: 6)
            let name = random.text(of: ["a", "b", "c"], countMax: 6)
            let expected = fnmatch(pattern, name, 0) == 0
            #expect(NamePattern(pattern).matches(name) == expected, "\(pattern) on \(name)")
        }
    }
}
