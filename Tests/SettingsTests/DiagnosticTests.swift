// SPDX-License-Identifier: GPL-2.0-or-later

@testable import Settings
import Testing

@Suite struct DiagnosticTests {
    private static let listen = "host:port such as 127.0.0.1:59401 or [::1]:59401"
    private static let destination =
        "host:port such as 192.0.2.1:59501, [2001:db8::1]:59501 or vpn.example:59501"
    private static let wireguardKey =
        "a key as wg show wg0 public-key prints it, 44 characters of base64 with a = at the end"
    private static let clientKeys = ClientKey.names.joined(separator: ", ")

    @Test(arguments: [
        Golden(
            "a bare number as an address", "client:\n  dstAddr: a:1\n  listenAddr: 5940\n",
            "engarde.yml:3:15: client.listenAddr: found \"5940\", wanted \(listen)"),
        Golden(
            "nothing at all in a section", "client:\n  description: x\n",
            "engarde.yml:1:1: client.listenAddr: found nothing, wanted \(listen)",
            "engarde.yml:1:1: client.dstAddr: found nothing, wanted \(destination)"),
        Golden(
            "no section", "server:\n  listenAddr: :1\n",
            "engarde.yml:1:1: client: found nothing, wanted a client section with listenAddr and dstAddr"),
        Golden(
            "a null section", "# top\nclient:\n",
            "engarde.yml:2:1: client: found nothing, wanted a client section with listenAddr and dstAddr"),
        Golden(
            "a misspelt section", "cleint:\n  listenAddr: :1\n",
            "engarde.yml:1:1: client: found nothing, wanted a client section with listenAddr and dstAddr",
            "engarde.yml:1:1: warning: cleint: found an unknown key, wanted one of client, server; "
                + "did you mean client?"),
        Golden(
            "an empty file", "",
            "engarde.yml:1:1: found an empty file, wanted a client section with listenAddr and dstAddr"),
        Golden(
            "comments only", "# nothing\n\n# here\n",
            "engarde.yml:1:1: found an empty file, wanted a client section with listenAddr and dstAddr"),
        Golden(
            "a section that is text", "client: hello\n",
            "engarde.yml:1:9: client: found a single value, "
                + "wanted a client section with listenAddr and dstAddr"),
        Golden(
            "a section that is a list", "client:\n  - listenAddr: :1\n",
            "engarde.yml:2:3: client: found a list, wanted a client section with listenAddr and dstAddr"),
        Golden(
            "a file that is a list", "- client\n",
            "engarde.yml:1:1: found a list, wanted a client section with listenAddr and dstAddr"),
        Golden(
            "an unknown key", clientSection("mtu: 1400"),
            "engarde.yml:4:3: warning: client.mtu: found an unknown key, wanted one of \(clientKeys)"),
        Golden(
            "a misspelt key", clientSection("exludedInterfaces: [eth0]"),
            "engarde.yml:4:3: warning: client.exludedInterfaces: found an unknown key, "
                + "wanted one of \(clientKeys); did you mean excludedInterfaces?"),
        Golden(
            "a key of the other section", clientSection("clientTimeout: 5"),
            "engarde.yml:4:3: warning: client.clientTimeout: found a key that belongs under server, "
                + "wanted one of \(clientKeys)"),
        Golden(
            "a key that is a list", clientSection("? [a, b]\n: 5"),
            "engarde.yml:4:5: warning: client: found a key that is not text, wanted one of \(clientKeys)"),
        Golden(
            "a misspelt key explains a missing one", "client:\n  listen_addr: :1\n  dstAddr: a:2\n",
            "engarde.yml:1:1: client.listenAddr: found nothing, wanted \(listen)",
            "engarde.yml:2:3: warning: client.listen_addr: found an unknown key, "
                + "wanted one of \(clientKeys); "
                + "did you mean listenAddr?"),
        Golden(
            "a key twice", clientSection("engine: auto\nengine: auto"),
            "engarde.yml:5:3: client.engine: found the key a second time, wanted it once; the first is at 4:3"
        ),
        Golden(
            "a section twice", clientSection("") + "client: {}\n",
            "engarde.yml:5:1: client: found the key a second time, wanted it once; the first is at 1:1"),
        Golden(
            "a key twice in a list entry",
            clientSection("dstOverrides:\n  - {ifName: a, ifName: b, dstAddr: 'c:1'}"),
            "engarde.yml:5:19: client.dstOverrides[0].ifName: found the key a second time, "
                + "wanted it once; the first is at 5:8"),
        Golden(
            "a key twice in the other section", clientSection("") + "server: {x: 1, x: 2}\n",
            "engarde.yml:5:16: server.x: found the key a second time, wanted it once; the first is at 5:10"),
        Golden(
            "a scalar for a list", clientSection("excludedInterfaces: eth0"),
            "engarde.yml:4:23: client.excludedInterfaces: found a single value, "
                + "wanted a list of interface names such as [eth0, \"veth*\"]"),
        Golden(
            "empty text for a list", clientSection("excludedInterfaces: ''"),
            "engarde.yml:4:23: client.excludedInterfaces: found a single value, "
                + "wanted a list of interface names such as [eth0, \"veth*\"]"),
        Golden(
            "a list in a list of names", clientSection("excludedInterfaces:\n  - eth0\n  - [eth1]"),
            "engarde.yml:6:7: client.excludedInterfaces[1]: found a list, wanted an interface name"),
        Golden(
            "a mapping for text", clientSection("description: {a: b}"),
            "engarde.yml:4:16: client.description: found a mapping, wanted text"),
        Golden(
            "a list for labels", clientSection("interfaceLabels: [eth0]"),
            "engarde.yml:4:20: client.interfaceLabels: found a list, "
                + "wanted interface names with their labels, such as eth0: DSL"),
        Golden(
            "a list as a label", clientSection("interfaceLabels:\n  eth0: [a]"),
            "engarde.yml:5:11: client.interfaceLabels.eth0: found a list, wanted text"),
        Golden(
            "a scalar for overrides", clientSection("dstOverrides: none"),
            "engarde.yml:4:17: client.dstOverrides: found a single value, "
                + "wanted a list of entries with ifName and dstAddr"),
        Golden(
            "an override that is text", clientSection("dstOverrides: [eth0]"),
            "engarde.yml:4:18: client.dstOverrides[0]: found a single value, "
                + "wanted an entry with ifName and dstAddr"),
        Golden(
            "overrides with gaps",
            clientSection(
                "dstOverrides:\n  - ifName: a\n    dstAddr: b:1\n  - dstAddr: c:x\n    ifname: a\n  - {}"),
            "engarde.yml:7:7: client.dstOverrides[1].ifName: found nothing, wanted an interface name",
            "engarde.yml:7:16: client.dstOverrides[1].dstAddr: found \"c:x\", "
                + "wanted a port from 1 to 65535 after the host",
            "engarde.yml:8:7: warning: client.dstOverrides[1].ifname: found an unknown key, "
                + "wanted one of ifName, dstAddr; did you mean ifName?",
            "engarde.yml:9:7: client.dstOverrides[2].ifName: found nothing, wanted an interface name",
            "engarde.yml:9:7: client.dstOverrides[2].dstAddr: found nothing, wanted \(destination)"),
        Golden(
            "two overrides for one interface",
            clientSection("dstOverrides: [{ifName: a, dstAddr: 'b:1'}, {ifName: a, dstAddr: 'c:1'}]"),
            "engarde.yml:4:47: warning: client.dstOverrides[1].ifName: "
                + "found a second override for the same interface, wanted one only: the first is used"),
        Golden(
            "bad sources", clientSection("allowedSources:\n  - 192.0.2.0/33\n  - all\n  - 10.0.0.1"),
            "engarde.yml:5:7: client.allowedSources[0]: found \"192.0.2.0/33\", "
                + "wanted an address or a prefix such as 192.0.2.0/24 or 2001:db8::/32, or any",
            "engarde.yml:6:7: client.allowedSources[1]: found \"all\", "
                + "wanted an address or a prefix such as 192.0.2.0/24 or 2001:db8::/32, or any"),
        Golden(
            "sources without a list", clientSection("allowedSources: any"),
            "engarde.yml:4:19: client.allowedSources: found a single value, "
                + "wanted a list of addresses such as [192.0.2.0/24, \"2001:db8::1\"] or [any]"),
        Golden(
            "an unknown engine", clientSection("engine: io-uring"),
            "engarde.yml:4:11: client.engine: found \"io-uring\", wanted one of auto, io_uring, polling; "
                + "did you mean io_uring?"),
        Golden(
            "an unknown level", clientSection("logLevel: loud"),
            "engarde.yml:4:13: client.logLevel: found \"loud\", "
                + "wanted one of trace, debug, info, notice, warning, error, critical"),
        Golden(
            "a level in capitals", clientSection("logLevel: WARNING"),
            "engarde.yml:4:13: client.logLevel: found \"WARNING\", "
                + "wanted one of trace, debug, info, notice, warning, error, critical; "
                + "did you mean warning?"),
        Golden(
            "a web manager that is text", clientSection("webManager: 127.0.0.1:9001"),
            "engarde.yml:4:15: client.webManager: found a single value, "
                + "wanted listenAddr, username and password below it"),
        Golden(
            "a bad web address", clientSection("webManager:\n  listenAddr: 9001"),
            "engarde.yml:5:17: client.webManager.listenAddr: found \"9001\", wanted \(listen)"),
        Golden(
            "a username alone", clientSection("webManager:\n  listenAddr: :9001\n  username: admin"),
            "engarde.yml:6:15: warning: client.webManager.username: found no password beside it, "
                + "wanted both: there is no authentication with one alone"),
        Golden(
            "a password alone", clientSection("webManager:\n  listenAddr: :9001\n  password: hunter2"),
            "engarde.yml:6:15: warning: client.webManager.password: found no username beside it, "
                + "wanted both: there is no authentication with one alone"),
        Golden(
            "a password and a file of it",
            clientSection(
                "webManager:\n  listenAddr: :9001\n  username: a\n  password: hunter2\n  passwordFile: /x"),
            "engarde.yml:8:19: client.webManager.passwordFile: found a password beside it, wanted one of the two"),
        Golden(
            "a password and a file of it, and no page",
            clientSection("webManager:\n  listenAddr: ''\n  passwordFile: /x\n  password: hunter2"),
            "engarde.yml:6:19: client.webManager.passwordFile: found a password beside it, wanted one of the two"),
        Golden(
            "a password's file alone", clientSection("webManager:\n  listenAddr: :9001\n  passwordFile: /x"),
            "engarde.yml:6:19: warning: client.webManager.passwordFile: found no username beside it, "
                + "wanted both: there is no authentication with one alone"),
        Golden(
            "a list of password's files", clientSection("webManager:\n  listenAddr: :9001\n  passwordFile: [/x]"),
            "engarde.yml:6:19: client.webManager.passwordFile: found a list, wanted the path of a file"),
        Golden(
            "a password's file with a zero byte",
            clientSection("webManager:\n  listenAddr: :9001\n  passwordFile: \"/x\\0\""),
            "engarde.yml:6:19: client.webManager.passwordFile: found text with a zero byte, wanted text without one"),
        Golden(
            "a misspelt password's file", clientSection("webManager:\n  listenAddr: :9001\n  passwordfile: /x"),
            "engarde.yml:6:5: warning: client.webManager.passwordfile: found an unknown key, "
                + "wanted one of listenAddr, username, password, passwordFile, publicHost; did you mean passwordFile?"),
        Golden(
            "a misspelt public host", clientSection("webManager:\n  listenAddr: :9001\n  publichost: van.example"),
            "engarde.yml:6:5: warning: client.webManager.publichost: found an unknown key, "
                + "wanted one of listenAddr, username, password, passwordFile, publicHost; did you mean publicHost?"),
        Golden(
            "a list with an empty public host",
            clientSection("webManager:\n  listenAddr: :9001\n  publicHost: [van.example, '']"),
            "engarde.yml:6:31: client.webManager.publicHost[1]: found \"\", wanted a host as the browser shows it, "
                + "such as van.example or van.example:8443, or a list of them"),
        Golden(
            "an unknown protocol", clientSection("protocol: Opaque"),
            "engarde.yml:4:13: client.protocol: found \"Opaque\", wanted one of wireguard, opaque; "
                + "did you mean opaque?"),
        Golden(
            "a variant's protocol", clientSection("protocol: udp"),
            "engarde.yml:4:13: warning: client.protocol: found \"udp\", which goes without saying, "
                + "wanted one of wireguard, opaque"),
        Golden(
            "a list of protocols", clientSection("protocol: [opaque]"),
            "engarde.yml:4:13: client.protocol: found a list, wanted one of wireguard, opaque"),
        Golden(
            "a command that is a mapping", clientSection("onLinkChange: {program: /x}"),
            "engarde.yml:4:17: client.onLinkChange: found a mapping, "
                + "wanted a program, or a list of it and its first arguments such as [/usr/bin/logger, -t, engarde]"),
        Golden(
            "a command in a command", clientSection("onLinkChange: [/x, [y]]"),
            "engarde.yml:4:22: client.onLinkChange[1]: found a list, wanted text"),
        Golden(
            "a command without a program", clientSection("onLinkChange: ['', x]"),
            "engarde.yml:4:18: client.onLinkChange[0]: found an empty text, wanted the path of a program"),
        Golden(
            "a command for a shell", clientSection("onLinkChange: /usr/bin/logger -t engarde"),
            "engarde.yml:4:17: warning: client.onLinkChange: found a program with a blank in its name, "
                + "wanted a list such as [/usr/bin/logger, -t, engarde] for a program with arguments"),
        Golden(
            "a command with a zero byte", clientSection("onLinkChange: [/x, \"a\\0b\"]"),
            "engarde.yml:4:22: client.onLinkChange[1]: found text with a zero byte, wanted text without one"),
        Golden(
            "a write timeout that is text", clientSection("writeTimeout: 10ms"),
            "engarde.yml:4:17: client.writeTimeout: found \"10ms\", wanted a whole number of milliseconds"),
        Golden(
            "a write timeout that overflows", clientSection("writeTimeout: 9223372036854775808"),
            "engarde.yml:4:17: client.writeTimeout: found \"9223372036854775808\", "
                + "wanted a whole number of milliseconds"),
        Golden(
            "a second document", clientSection("") + "---\nserver: {}\n",
            "engarde.yml:5:1: warning: found a second document, which is not read, "
                + "wanted both sections in one document"),
        Golden(
            "a web manager at the top", clientSection("") + "webManager:\n  listenAddr: :1\n",
            "engarde.yml:5:1: warning: webManager: found a key that belongs under client or server, "
                + "wanted one of client, server"),
        Golden(
            "long and wild text",
            clientSection("engine: \"\\e[31m\\n\\\"\\u202e" + String(repeating: "x", count: 99) + "\""),
            "engarde.yml:4:11: client.engine: found \"<U+001B>[31m<U+000A>\\\"<U+202E>"
                + String(repeating: "x", count: 52) + "…\", wanted one of auto, io_uring, polling"),
        Golden(
            "characters, not bytes", clientSection("dstOverrides: [{ifName: ü€😀, dstAddr: 'x'}]"),
            "engarde.yml:4:41: client.dstOverrides[0].dstAddr: found \"x\", wanted \(destination)"),
    ])
    func client(golden: Golden) {
        #expect(readClient(golden.text).lines == golden.lines)
    }

    @Test(arguments: [
        Golden(
            "nothing at all", "server: {}\n",
            "engarde.yml:1:1: server.listenAddr: found nothing, wanted \(listen)",
            "engarde.yml:1:1: server.dstAddr: found nothing, wanted \(destination)"),
        Golden(
            "a negative timeout", serverSection("clientTimeout: -1"),
            "engarde.yml:4:18: server.clientTimeout: found \"-1\", "
                + "wanted a whole number of seconds from 0 (meaning 30) to 2147483647"),
        Golden(
            "a timeout that overflows", serverSection("clientTimeout: 99999999999999999999"),
            "engarde.yml:4:18: server.clientTimeout: found \"99999999999999999999\", "
                + "wanted a whole number of seconds from 0 (meaning 30) to 2147483647"),
        Golden(
            "a timeout in a list", serverSection("clientTimeout: [30]"),
            "engarde.yml:4:18: server.clientTimeout: found a list, "
                + "wanted a whole number of seconds from 0 (meaning 30) to 2147483647"),
        Golden(
            "no path at all", serverSection("maxPaths: 0"),
            "engarde.yml:4:13: server.maxPaths: found \"0\", wanted a whole number of paths from 1 to 4096"),
        Golden(
            "too many paths", serverSection("maxPaths: 4097"),
            "engarde.yml:4:13: server.maxPaths: found \"4097\", wanted a whole number of paths from 1 to 4096"
        ),
        Golden(
            "limits of sessions out of bounds", serverSection("maxSessions: 1025\nmaxPathsPerSession: 33"),
            "engarde.yml:4:16: server.maxSessions: found \"1025\", wanted a whole number of sessions from 1 to 1024",
            "engarde.yml:5:23: server.maxPathsPerSession: found \"33\", wanted a whole number of paths from 1 to 32"),
        Golden(
            "no session and no path in it", serverSection("maxSessions: 0\nmaxPathsPerSession: 0"),
            "engarde.yml:4:16: server.maxSessions: found \"0\", wanted a whole number of sessions from 1 to 1024",
            "engarde.yml:5:23: server.maxPathsPerSession: found \"0\", wanted a whole number of paths from 1 to 32"),
        Golden(
            "half a key", serverSection("wireguardPublicKey: AAECAwQFBgcICQoL"),
            "engarde.yml:4:23: server.wireguardPublicKey: found text of 16 bytes (not shown), "
                + "wanted \(wireguardKey)"),
        Golden(
            "a key of another alphabet",
            serverSection("wireguardPublicKey: AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwd-_8="),
            "engarde.yml:4:23: server.wireguardPublicKey: found base64 with a character in place 41 "
                + "that does not belong there (not shown), wanted \(wireguardKey)"),
        Golden(
            "a key with its end mistyped",
            serverSection("wireguardPublicKey: AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh9="),
            "engarde.yml:4:23: server.wireguardPublicKey: found base64 whose last letter no key ends in (not shown), "
                + "wanted \(wireguardKey)"),
        Golden(
            "a list of keys", serverSection("wireguardPublicKey: [a]"),
            "engarde.yml:4:23: server.wireguardPublicKey: found a list, wanted \(wireguardKey)"),
        Golden(
            "a misspelt key for a key", serverSection("wireguardPublickey: x"),
            "engarde.yml:4:3: warning: server.wireguardPublickey: found an unknown key, wanted one of "
                + ServerKey.names.joined(separator: ", ") + "; did you mean wireguardPublicKey?"),
        Golden(
            "sessions without WireGuard",
            serverSection("protocol: opaque\nmaxSessions: 5\nmaxPathsPerSession: 5\nmaxPaths: 5"),
            "engarde.yml:5:16: warning: server.maxSessions: found a setting without effect beside protocol: opaque, "
                + "wanted protocol: wireguard with it",
            "engarde.yml:6:23: warning: server.maxPathsPerSession: found a setting without effect beside "
                + "protocol: opaque, wanted protocol: wireguard with it"),
        Golden(
            "a client's key", serverSection("excludedInterfaces: []"),
            "engarde.yml:4:3: warning: server.excludedInterfaces: found a key that belongs under client, "
                + "wanted one of "
                + ServerKey.names.joined(separator: ", ")),
        Golden(
            "all errors of a file at once",
            "server:\n  dstAddr: :1\n  listenAddr: :0\n  engine: x\n  maxPaths: a\n  description: []\n",
            "engarde.yml:2:12: server.dstAddr: found \":1\", "
                + "wanted a host before the port, as in 192.0.2.1:1 or vpn.example:1",
            "engarde.yml:3:15: server.listenAddr: found \":0\", wanted a port from 1 to 65535 after the host",
            "engarde.yml:4:11: server.engine: found \"x\", wanted one of auto, io_uring, polling",
            "engarde.yml:5:13: server.maxPaths: found \"a\", wanted a whole number of paths from 1 to 4096",
            "engarde.yml:6:16: server.description: found a list, wanted text"),
    ])
    func server(golden: Golden) {
        #expect(readServer(golden.text).lines == golden.lines)
    }

    @Test(arguments: [
        Golden(
            "a tab for indentation", "client:\n\tlistenAddr: :1\n",
            "engarde.yml:2:1: found a tab, wanted spaces: YAML is not indented with tabs"),
        Golden(
            "a tab after blanks", "client:\n  listenAddr: :1\n  \tdstAddr: a:1\n",
            "engarde.yml:3:3: found a tab, wanted spaces: YAML is not indented with tabs"),
        Golden(
            "a list that is not closed", "client:\n  excludedInterfaces: [a\n",
            "engarde.yml:3:1: found text that is not YAML (did not find expected ',' or ']'), "
                + "wanted valid YAML"),
        Golden(
            "a value without its key", "client:\n  listenAddr\n  dstAddr: a:1\n",
            "engarde.yml:3:10: found text that is not YAML (mapping values are not allowed in this context), "
                + "wanted valid YAML"),
        Golden(
            "a key without its colon", "client:\n  dstAddr: a:1\n  listenAddr\nserver:\n",
            "engarde.yml:3:3: found text that is not YAML (could not find expected ':'), wanted valid YAML"),
        Golden(
            "a value on a value", "client: a: b\n",
            "engarde.yml:1:10: found text that is not YAML (mapping values are not allowed in this context), "
                + "wanted valid YAML"),
        Golden(
            "an unknown alias", "client: *nobody\n",
            "engarde.yml:1:9: found an alias (*) without its anchor, wanted an anchor (&) before it"),
        Golden(
            "a value that contains itself", "client: &a [*a]\n",
            "engarde.yml:1:13: found an alias (*) without its anchor, wanted an anchor (&) before it"),
        Golden(
            "a bad merge", clientSection("<<: 5"),
            "engarde.yml:4:7: client.<<: found something that cannot be merged, "
                + "wanted a mapping or a list of mappings"),
        Golden(
            "a control character", "client:\n  description: a\u{1}b\n",
            "engarde.yml:2:17: found text that is not YAML (control characters are not allowed), "
                + "wanted valid YAML"),
        Golden(
            "a zero byte", "client:\n  listenAddr: \0\n",
            "engarde.yml:2:15: found text that is not YAML (control characters are not allowed), "
                + "wanted valid YAML"),
    ])
    func notYAML(golden: Golden) {
        #expect(readClient(golden.text).lines == golden.lines)
        #expect(readClient(golden.text.replacingLineEnds(with: "\r\n")).lines == golden.lines)
        #expect(readClient("\u{feff}" + golden.text).lines == golden.lines)
    }

    @Test func bytesThatAreNoText() {
        let reading = readClient(
            bytes: Array("client:\n  description: \"ü".utf8) + [0xff] + Array("\"\n".utf8))
        #expect(
            reading.lines == [
                "engarde.yml:2:18: found text that is not YAML (invalid leading UTF-8 octet), "
                    + "wanted valid YAML"
            ])
    }

    @Test func theRefusalIsItsLines() {
        do throws(ConfigurationRefusal) {
            _ = try ConfigurationReader.server(text: "server: {}", file: "x.yml")
            Issue.record("an empty section was accepted")
        } catch {
            #expect(error.description == error.diagnostics.map(\.description).joined(separator: "\n"))
            #expect(error.diagnostics.count == 2)
            #expect(error.diagnostics.allSatisfy { $0.file == "x.yml" })
        }
    }

    @Test func manyWarningsHideNoError() {
        let body = (1...500).map { "unknown\($0): x" }.joined(separator: "\n") + "\nengine: x"
        let reading = readClient(clientSection(body))
        #expect(reading.value == nil)
        #expect(reading.errors.map(\.key) == ["client.engine"])
        #expect(reading.diagnostics.count == Findings.perSeverityMax + 1)
    }
}

extension String {
    func replacingLineEnds(with end: String) -> String {
        split(separator: "\n", omittingEmptySubsequences: false).joined(separator: end)
    }
}
