// SPDX-License-Identifier: GPL-2.0-or-later

@testable import Settings
import Testing

@Suite struct PasswordTests {
    private static let password = "hunter2"

    /// Files that are wrong around a password, in every way a hand can slip. Each gives a diagnostic.
    private static let slips = [
        clientSection("webManager:\n  listenAddr: 9001\n  password: hunter2"),
        clientSection("webManager:\n  listenAddr: :1\n  password: hunter2"),
        clientSection("webManager:\n  listenAddr: :1\n  username: a\n  password: [hunter2]"),
        clientSection("webManager:\n  listenAddr: :1\n  username: a\n  password: {hunter2: x}"),
        clientSection("webManager:\n  listenAddr: :1\n  username: a\n  password: hunter2\n  passwordFile: hunter2"),
        clientSection("webManager:\n  listenAddr: :1\n  passwordFile: hunter2"),
        clientSection("webManager:\n  listenAddr: :1\n  passwordFile: [hunter2]"),
        clientSection("webManager:\n  passwordFile: hunter2\n  pasword-file: hunter2\n  listenAddr: hunter2"),
        clientSection("webManager:\n  passwordFile: \"hunter2\\0\""),
        clientSection("webManager:\n  passwordFile:hunter2"),
        clientSection("passwordFile: hunter2\nprotocol: hunter2\nonLinkChange: hunter2 x"),
        clientSection("onLinkChange: [{password: hunter2}]\nprotocol: hunter2"),
        clientSection("webManager:\n  password:hunter2"),
        clientSection("webManager: hunter2"),
        clientSection("webManager: [hunter2]"),
        clientSection("webManager: {listenAddr: ':1', username: a, password:hunter2}"),
        clientSection("webManager: {listenAddr: ':1', hunter2}"),
        clientSection("webManager: {listenAddr: hunter2:1:1, password: hunter2}"),
        clientSection("webManager:\n  listenAddr: 127.0.0.1\n    hunter2\n"),
        clientSection("webManager:\n  listenAddr: password:hunter2\n"),
        clientSection("webManager:\n  passwd: hunter2\n  listenAddr: hunter2"),
        clientSection("webManager:\n  hunter2: x\n  hunter2: y"),
        clientSection("webManager:\n  ? [hunter2]\n  : y"),
        clientSection("webManager:\n  password: hunter2\n  password: hunter2"),
        clientSection("webManager:\n  password: hunter2\n password: x"),
        clientSection("webManager:\n  password: 'hunter2\n"),
        clientSection("webManager:\n  password: \"hunter2\\q\"\n"),
        clientSection("webManager:\n  password: *hunter2\n"),
        clientSection("webManager:\n  password: @hunter2\n"),
        clientSection("webManager:\n  password: !hunter2 x\nengine: hunter2\npwd: hunter2"),
        clientSection("password: hunter2\nengine: hunter2"),
        clientSection("pasword: hunter2\nengine: xhunter2x\nhunter2: x"),
        clientSection("'password: hunter2': x\nengine: 'pwd=hunter2'"),
        clientSection("engine: *p\nwebManager: {password: &p hunter2}"),
        clientSection(
            "webManager: {password: &p hunter2}\nengine: *p\nexcludedInterfaces: *p\nallowedSources: [*p]"),
        clientSection(
            "webManager: {password: &p hunter2}\ninterfaceLabels: {*p : []}\ndescription: {*p : x}"),
        clientSection("engine: hunter2") + "server: {webManager: {password: hunter2}}\n",
        clientSection("") + "webManager: {password: hunter2}\nhunter2: x\n",
        "client:webManager:password:hunter2\n",
        "client:\n  password hunter2\n  listenAddr: :1\n",
        "- {password: hunter2}\n",
    ]

    @Test(arguments: slips)
    func neverShown(text: String) {
        let reading = readClient(text)
        #expect(!reading.diagnostics.isEmpty)
        for diagnostic in reading.diagnostics {
            #expect(!diagnostic.description.contains(Self.password), "\(diagnostic)")
            #expect(!String(reflecting: diagnostic).contains(Self.password), "\(diagnostic)")
        }
    }

    /// The net must not catch everything, or the tests above would pass for a reader that shows nothing.
    @Test func otherTextIsShown() {
        let reading = readClient(clientSection("engine: hunter2\nhunter2: x\nwebManager: {password: other}"))
        #expect(reading.lines.contains { $0.contains("client.engine: found \"hunter2\"") })
        #expect(reading.lines.contains { $0.contains("client.hunter2: found an unknown key") })
    }

    /// A key that cannot be read may be the private one.
    @Test(arguments: [
        "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh9=",
        "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh-=",
    ])
    func noKeyIsShown(key: String) {
        let reading = readServer(serverSection("wireguardPublicKey: \(key)"))
        #expect(reading.errors.count == 1)
        #expect(!reading.lines.joined().contains(key.prefix(8)))
    }

    @Test func keysNamedLikeAPasswordAreShown() {
        let reading = readClient(
            clientSection("webManager:\n  pasword: hunter2\n  listenAddr: :1\npassphrase: x"))
        #expect(reading.diagnostics.map(\.key) == ["client.webManager.pasword", "client.passphrase"])
        #expect(reading.diagnostics.map(\.suggestion) == ["password", nil])
    }
}
