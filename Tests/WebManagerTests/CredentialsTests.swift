// SPDX-License-Identifier: GPL-2.0-or-later

import Support
import Testing

@testable import WebManager

@Suite struct CredentialsTests {
    /// Tokens as `printf %s … | base64` gives them; RFC 7617's own among them.
    @Test(arguments: [
        ("Aladdin", "open sesame", "QWxhZGRpbjpvcGVuIHNlc2FtZQ=="),
        ("test", "123£", "dGVzdDoxMjPCow=="),
        ("a", "b", "YTpi"),
        ("aa", "b", "YWE6Yg=="),
        ("a", "bbb", "YTpiYmI="),
    ])
    func tokens(_ username: String, _ password: String, _ token: String) {
        let credentials = Credentials(username: username, password: password)
        #expect(credentials.match("Basic \(token)"))
        #expect(credentials.match("basic   \(token)"))
        for wrong in ["", "=", "Q", String(token.dropFirst()), token + token, "!" + token, token.lowercased()]
        where wrong != token {
            #expect(!credentials.match("Basic \(wrong)"), "\(wrong)")
        }
        #expect(!credentials.match(token))
        #expect(!credentials.match("Basic \(token) more"))
    }

    @Test(arguments: [
        (Array("s3cret\n".utf8), Optional("s3cret")), (Array("s3cret".utf8), "s3cret"),
        (Array("s3cret\n\n".utf8), "s3cret\n"), (Array(" s3cret ".utf8), " s3cret "), (Array("\n".utf8), nil),
        ([], nil), ([0xff], nil), ([UInt8](repeating: 65, count: 1025), nil),
    ])
    func passwordFile(_ content: [UInt8], _ password: String?) throws {
        let folder = try TemporaryFolder()
        let name = try folder.write(content, to: "password")
        defer { withExtendedLifetime(folder) {} }
        var settings = WebSettings(listenHost: "", listenPort: 0)
        settings.username = "admin"
        settings.passwordFile = name
        guard let password else {
            #expect(throws: WebRefusal.self) { try settings.credentials() }
            return
        }
        var expected = settings
        expected.passwordFile = ""
        expected.password = password
        #expect(try settings.credentials() == expected.credentials())
    }

    @Test func missingPasswordFileIsNamed() {
        var settings = WebSettings(listenHost: "127.0.0.1", listenPort: 0)
        settings.username = "admin"
        settings.passwordFile = "/nonexistent/password"
        let refusal = #expect(throws: WebRefusal.self) { try settings.credentials() }
        #expect(refusal?.description.contains("/nonexistent/password: No such file or directory") == true)
        #expect(refusal?.mayPass == true)
    }

    @Test func brakeDoublesAndForgives() {
        let brake = GuessBrake()
        var waits: [Duration] = []
        for _ in 0..<7 {
            #expect(brake.isOpen(to: "a"))
            waits.append(brake.hold("a"))
            brake.release("a")
        }
        #expect(waits == [250, 500, 1000, 2000, 4000, 4000, 4000].map { .milliseconds($0) })
        #expect(brake.hold("b") == .milliseconds(250))
        brake.forgive("a")
        #expect(brake.hold("a") == .milliseconds(250))
    }

    @Test func fewMayWait() {
        let brake = GuessBrake()
        for _ in 0..<GuessBrake.waitingPerSourceMax { _ = brake.hold("a") }
        #expect(!brake.isOpen(to: "a"))
        #expect(brake.isOpen(to: "b"))
        for index in GuessBrake.waitingPerSourceMax..<GuessBrake.waitingMax { _ = brake.hold("\(index)") }
        #expect(!brake.isOpen(to: "b"))
        brake.release("a")
        #expect(brake.isOpen(to: "b"))
    }

    @Test func brakeIsBounded() {
        let brake = GuessBrake()
        for index in 0..<10_000 {
            #expect(brake.isOpen(to: "\(index)"))
            _ = brake.hold("\(index)")
            brake.release("\(index)")
        }
        #expect(brake.sourceCount <= GuessBrake.sourcesMax)
        // So many from so many places wait as if they were one.
        #expect(brake.hold("new") == .milliseconds(4000))
    }
}
