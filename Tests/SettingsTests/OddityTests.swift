// SPDX-License-Identifier: GPL-2.0-or-later

@testable import Settings
import Testing

/// What a file may say and does not do what its writer expects.
@Suite struct OddityTests {
    private static let pattern = "wanted an interface's name, or a pattern such as \"veth*\""
    private static let server = "wanted the server's public address or name"
    private static let place = "engarde.yml:4:24: warning: client.excludedInterfaces[0]: found"

    private static func excluded(_ name: String, _ text: String, _ line: String?) -> Golden {
        let golden = Golden(name, clientSection("excludedInterfaces: [\(text)]"))
        return line.map { Golden(name, golden.text, "\(place) \($0)") } ?? golden
    }

    @Test(arguments: [
        excluded("a name", "eth0", nil), excluded("a glob", "\"veth*\"", nil), excluded("a set", "\"eth[^0-3]\"", nil),
        excluded("every VLAN", "\"eth0.*\"", nil), excluded("a VLAN", "eth0.100", nil), excluded("odd", "a+b", nil),
        excluded(
            "an anchored expression", "\"^veth.*$\"",
            "\"^veth.*$\", a regular expression, which no interface's name matches, \(pattern); "
                + "did you mean \"veth*\"?"),
        excluded(
            "an expression without anchors", "\"wlan.*\"",
            "\"wlan.*\", a regular expression, which no interface's name matches, \(pattern); did you mean \"wlan*\"?"),
        excluded(
            "digits", "'wwan\\d+'",
            "\"wwan\\\\d+\", a regular expression, which no interface's name matches, \(pattern); "
                + "did you mean \"wwan[0-9]*\"?"),
        excluded(
            "alternatives", "'eth0|wlan0'",
            "\"eth0|wlan0\", a regular expression, which no interface's name matches, \(pattern); "
                + "did you mean \"eth0\", \"wlan0\"?"),
        excluded(
            "a group", "'^eth(0|1)$'",
            "\"^eth(0|1)$\", a regular expression, which no interface's name matches, \(pattern); "
                + "did you mean \"eth0\", \"eth1\"?"),
        excluded(
            "what no pattern says", "'^eth\\d{2}$'",
            "\"^eth\\\\d{2}$\", a regular expression, which no interface's name matches, \(pattern)"),
        excluded("nothing", "''", "\"\", no name, \(pattern)"),
        excluded("blanks", "'  '", "\"  \", no name, \(pattern)"),
        excluded(
            "a blank at the end", "'eth0 '",
            "\"eth0 \", a name with a blank or an invisible character, which no interface has, \(pattern); "
                + "did you mean eth0?"),
        excluded(
            "a no-break space", "\"eth0\\u00a0\"",
            "\"eth0<U+00A0>\", a name with a blank or an invisible character, which no interface has, \(pattern); "
                + "did you mean eth0?"),
        excluded(
            "a zero-width space", "\"et\\u200bh0\"",
            "\"et<U+200B>h0\", a name with a blank or an invisible character, which no interface has, \(pattern)"),
        excluded(
            "an alias", "'eth0:1'",
            "\"eth0:1\", a name with a colon, which no interface has, \(pattern); did you mean eth0?"),
        excluded("a path", "/sys/eth0", "\"/sys/eth0\", a name with a slash, which no interface has, \(pattern)"),
        excluded(
            "a long name", "enx0123456789abcd",
            "\"enx0123456789abcd\", a name of 17 bytes, longer than any interface's, \(pattern)"),
        excluded(
            "all", "\"*\"", "a pattern that excludes every interface, wanted names of those that are no links"),
    ])
    func excludedInterfaces(golden: Golden) { #expect(readClient(golden.text).lines == golden.lines) }

    @Test(arguments: [
        Golden("names", clientSection("includedInterfaces: [eth0, \"wwan*\"]")),
        Golden("all", clientSection("includedInterfaces: [\"*\"]")),
        Golden("absent", clientSection("includedInterfaces:")),
        Golden(
            "none", clientSection("includedInterfaces: [~]"),
            "engarde.yml:4:23: warning: client.includedInterfaces: found an empty list, which includes every "
                + "interface, wanted names of those that are links, or no such key"),
        Golden(
            "an expression", clientSection("includedInterfaces: [\"^veth.*$\"]"),
            "engarde.yml:4:24: warning: client.includedInterfaces[0]: found \"^veth.*$\", "
                + "a regular expression, which no interface's name matches, \(pattern); did you mean \"veth*\"?"),
        Golden(
            "no list", clientSection("includedInterfaces: eth0"),
            "engarde.yml:4:23: client.includedInterfaces: found a single value, "
                + "wanted a list of interface names such as [eth0, \"veth*\"]"),
    ])
    func includedInterfaces(golden: Golden) { #expect(readClient(golden.text).lines == golden.lines) }

    @Test(arguments: [
        Golden(
            "a label for a pattern", clientSection("interfaceLabels: {'wwan*': LTE}"),
            "engarde.yml:4:21: warning: client.interfaceLabels.wwan*: found \"wwan*\", a pattern, "
                + "wanted an interface's name"),
        Golden(
            "an override for an expression", clientSection("dstOverrides: [{ifName: '^wwan', dstAddr: 'b:1'}]"),
            "engarde.yml:4:27: warning: client.dstOverrides[0].ifName: found \"^wwan\", a regular expression, "
                + "which no interface's name matches, \(pattern); did you mean \"wwan\"?"),
        Golden(
            "an override behind its pattern",
            clientSection("dstOverrides: [{ifName: 'w*', dstAddr: 'b:1'}, {ifName: wwan0, dstAddr: 'c:1'}]"),
            "engarde.yml:4:50: warning: client.dstOverrides[1].ifName: "
                + "found an override behind \"w*\", which matches it too, wanted one only: the first is used"),
        Golden(
            "a server on the link itself",
            clientSection(
                "dstOverrides: [{ifName: wwan0, dstAddr: '[fe80::1]:1'}, {ifName: a, dstAddr: '169.254.1.1:1'}]")),
        Golden(
            "a pattern behind a name",
            clientSection("dstOverrides: [{ifName: wwan0, dstAddr: 'b:1'}, {ifName: 'w*', dstAddr: 'c:1'}]")),
    ])
    func labelsAndOverrides(golden: Golden) { #expect(readClient(golden.text).lines == golden.lines) }

    private static func destination(_ name: String, _ text: String, _ line: String?) -> Golden {
        let file = "client:\n  listenAddr: :1\n  dstAddr: \"\(text)\"\n"
        return line.map { Golden(name, file, "engarde.yml:3:12: \($0)") } ?? Golden(name, file)
    }

    @Test(arguments: [
        destination("an address", "192.0.2.1:5", nil), destination("a name", "vpn.example:5", nil),
        destination("a private one", "10.0.0.1:5", nil), destination("this machine", "127.0.0.1:5", nil),
        destination(
            "link-local", "[fe80::1]:5",
            "warning: client.dstAddr: found \"[fe80::1]:5\", a link-local address, which no router passes on: "
                + "only a server on the link itself has it, \(server)"),
        destination(
            "link-local, IPv4", "169.254.1.1:5",
            "warning: client.dstAddr: found \"169.254.1.1:5\", a link-local address, which no router passes on: "
                + "only a server on the link itself has it, \(server)"),
        destination(
            "a zone", "[fe80::1%eth0]:5",
            "warning: client.dstAddr: found \"[fe80::1%eth0]:5\", an address with a zone, which is not looked at: "
                + "every link sends over its own interface, "
                + "wanted it without the zone, below dstOverrides with the interface as ifName"),
        destination(
            "everywhere", "0.0.0.0:5",
            "warning: client.dstAddr: found \"0.0.0.0:5\", the address that means every address, and no server, "
                + "\(server)"),
        destination(
            "many", "224.0.0.1:5",
            "warning: client.dstAddr: found \"224.0.0.1:5\", a multicast or broadcast address, which no server has, "
                + "\(server)"),
        destination(
            "all", "255.255.255.255:5",
            "warning: client.dstAddr: found \"255.255.255.255:5\", a multicast or broadcast address, "
                + "which no server has, \(server)"),
        destination(
            "a no-break space in a name", "vpn.example\\u00a0:5",
            "client.dstAddr: found \"vpn.example<U+00A0>:5\", wanted host:port such as 192.0.2.1:59501, "
                + "[2001:db8::1]:59501 or vpn.example:59501, without blanks and invisible characters"),
    ])
    func destinations(golden: Golden) { #expect(readClient(golden.text).lines == golden.lines) }

    @Test func linkLocalAddressesThatCannotWorkAreRefused() {
        let wanted = "a link-local address, which means nothing without an interface, wanted another address, such as"
        #expect(
            readClient("client:\n  listenAddr: '[fe80::1%eth0]:5'\n  dstAddr: a:1\n").lines == [
                "engarde.yml:2:15: client.listenAddr: found \"fe80::1%eth0\", \(wanted) :5"
            ])
        #expect(
            readServer("server:\n  listenAddr: :1\n  dstAddr: '[fe80::1]:5'\n").lines == [
                "engarde.yml:3:12: server.dstAddr: found \"fe80::1\", \(wanted) 127.0.0.1:51820"
            ])
        #expect(readClient("client:\n  listenAddr: 169.254.0.1:5\n  dstAddr: a:1\n").lines.isEmpty)
    }

    @Test(arguments: [
        ("\u{a0}", "<U+00A0>"), ("\u{feff}", "<U+FEFF>"), ("\u{3164}", "<U+3164>"), ("\u{2800}", "<U+2800>"),
        ("\u{ad}", "<U+00AD>"), ("\u{2003}", "<U+2003>"), ("\u{e0001}", "<U+E0001>"), ("\t", "<U+0009>"),
        ("ü€😀", "ü€😀"), ("a b", "a b"),
    ])
    func whatCannotBeSeenIsNamed(text: String, shown: String) {
        #expect(Redaction(nil).quoted(text) == "\"\(shown)\"")
    }
}
