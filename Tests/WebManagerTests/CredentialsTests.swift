// SPDX-License-Identifier: GPL-2.0-or-later

import Support
import Testing

@testable import WebManager

@Suite struct CredentialsTests {
    /// Compares with tokens of `printf %s … | base64` and RFC 7617.
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

    private static let passwordFiles: [(content: String, password: String?)] = [
        ("s3cret\n", "s3cret"), ("s3cret", "s3cret"), ("s3cret\n\n", "s3cret"), ("s3cret\r\n", "s3cret"),
        ("s3cret\r", "s3cret"), ("\u{feff}s3cret\r\n", "s3cret"), (" s3 cret \t\r\n", " s3 cret"),
        ("\n", nil), (" \r\n", nil), ("\u{feff}", nil), ("s3cret\nmore\n", nil), ("", nil),
        (String(repeating: "A", count: 1025), nil),
    ]

    @Test(
        arguments: passwordFiles.map { (Array($0.content.utf8), $0.password) }
            + [([0xff], nil), ([0xff, 0xfe, 0x73, 0], nil)])
    func passwordFile(_ content: [UInt8], _ password: String?) throws {
        let folder = try TemporaryFolder()
        let name = try folder.write(content, to: "password")
        defer { withExtendedLifetime(folder) {} }
        var settings = WebSettings(listenHost: "", listenPort: 0)
        settings.username = "admin"
        settings.passwordFile = name
        guard let password else {
            #expect(throws: WebServerError.self) { try settings.credentials() }
            return
        }
        var expected = settings
        expected.passwordFile = ""
        expected.password = password
        #expect(try settings.credentials() == expected.credentials())
    }

    @Test(arguments: [
        ("s3cret\r\n", nil), ("s3cret \n", "blanks at the end of its line are not taken for part of the password"),
        ("\n", "it is empty"), ("s3cret\nmore\n", "it has more than one line"),
    ])
    func passwordFileProblemsAreReported(_ content: String, _ words: String?) throws {
        let folder = try TemporaryFolder()
        defer { withExtendedLifetime(folder) {} }
        var settings = WebSettings(listenHost: "127.0.0.1", listenPort: 0)
        settings.passwordFile = try folder.write(content, to: "password")
        let problem = settings.passwordFileProblem
        #expect((problem == nil) == (words == nil))
        #expect(problem?.contains(settings.passwordFile) != false && problem?.hasSuffix(words ?? "") != false)
        #expect(problem?.contains("s3cret") != true)
    }

    @Test func missingPasswordFileIsNamed() {
        var settings = WebSettings(listenHost: "127.0.0.1", listenPort: 0)
        settings.username = "admin"
        settings.passwordFile = "/nonexistent/password"
        let refusal = #expect(throws: WebServerError.self) { try settings.credentials() }
        #expect(refusal?.description.contains("/nonexistent/password: No such file or directory") == true)
        #expect(refusal?.isTemporary == true)
    }

    @Test func delaysDoubleAndASuccessResetsThem() {
        let rateLimit = LoginRateLimit()
        var waits: [Duration] = []
        for _ in 0..<7 {
            #expect(rateLimit.allows("a"))
            waits.append(rateLimit.recordFailure("a"))
            rateLimit.endDelay("a")
        }
        #expect(waits == [250, 500, 1000, 2000, 4000, 4000, 4000].map { .milliseconds($0) })
        #expect(rateLimit.recordFailure("b") == .milliseconds(250))
        rateLimit.recordSuccess("a")
        #expect(rateLimit.recordFailure("a") == .milliseconds(250))
    }

    @Test func fewMayWait() {
        let rateLimit = LoginRateLimit()
        for _ in 0..<LoginRateLimit.waitingPerSourceMax { _ = rateLimit.recordFailure("a") }
        #expect(!rateLimit.allows("a"))
        #expect(rateLimit.allows("b"))
        for index in LoginRateLimit.waitingPerSourceMax..<LoginRateLimit.waitingMax {
            _ = rateLimit.recordFailure("\(index)")
        }
        #expect(!rateLimit.allows("b"))
        rateLimit.endDelay("a")
        #expect(rateLimit.allows("b"))
    }

    @Test func rateLimitIsBounded() {
        let rateLimit = LoginRateLimit()
        for index in 0..<10_000 {
            #expect(rateLimit.allows("\(index)"))
            _ = rateLimit.recordFailure("\(index)")
            rateLimit.endDelay("\(index)")
        }
        #expect(rateLimit.sourceCount <= LoginRateLimit.sourcesMax)
        // So many from so many places wait as if they were one.
        #expect(rateLimit.recordFailure("new") == .milliseconds(4000))
    }
}
