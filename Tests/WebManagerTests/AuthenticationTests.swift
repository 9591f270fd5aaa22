// SPDX-License-Identifier: GPL-2.0-or-later

import Testing
import Timing

@testable import WebManager

@Suite struct AuthenticationTests {
    static var settings: WebSettings {
        var settings = WebSettings(listenHost: "127.0.0.1", listenPort: 0)
        settings.username = "admin"
        settings.password = "s3cret"
        return settings
    }

    private static let right = "Authorization: Basic YWRtaW46czNjcmV0"

    /// Paths that do not exist need authentication as well.
    @Test(arguments: ["/", "/app.css", "/api/v1/get-list", "/api/v2/status", "/api/v2/events", "/metrics", "/nope"])
    func everyPathNeedsAuthentication(_ path: String) async throws {
        try await withServing(settings: Self.settings) { serving in
            let reply = try await serving.ask("GET", path)
            #expect(reply.status == 401)
            #expect(reply["WWW-Authenticate"] == #"Basic realm="engarde""#)
        }
    }

    @Test func matrix() async throws {
        try await withServing(settings: Self.settings) { serving in
            let cases: [(field: String?, status: Int)] = [
                (Self.right, 200),
                ("authorization: bAsIc YWRtaW46czNjcmV0", 200),
                (nil, 401),
                ("Authorization: Basic YWRtaW46czNjcmV1", 401),  // one bit of the password
                ("Authorization: Basic YmRtaW46czNjcmV0", 401),  // one bit of the name
                ("Authorization: Basic", 401),
                ("Authorization: Bearer YWRtaW46czNjcmV0", 401),
                (Self.right + "\r\n" + Self.right, 401),
            ]
            for (field, status) in cases {
                let reply = try await serving.ask("GET", "/api/v1/get-list", field.map { [$0] } ?? [])
                #expect(reply.status == status, "\(field ?? "none")")
            }
            let change = try await serving.post("/api/v1/exclude", #"{"interface":"x"}"#)
            #expect(change.status == 401)
            let allowed = try await serving.post("/api/v1/exclude", #"{"interface":"x"}"#, [Self.right])
            #expect(allowed.status == 200)
        }
    }

    /// Wrong passwords are answered with a growing delay.
    @Test func guessingIsSlow() async throws {
        try await withServing(settings: Self.settings) { serving in
            let start = ContinuousClock.now
            for _ in 0..<3 {
                let reply = try await serving.ask("GET", "/", ["Authorization: Basic d3Jvbmc6d3Jvbmc="])
                #expect(reply.status == 401)
            }
            #expect(ContinuousClock.now - start > .milliseconds(250 + 500 + 1_000))
            let reply = try await serving.ask("GET", "/", [Self.right])
            #expect(reply.status == 200)
        }
    }

    /// A right password is answered without delay.
    @Test(.timing, .onlyWhenTiming) func timingOfARightPassword() async throws {
        try await withServing(settings: Self.settings) { serving in
            for _ in 0..<3 { _ = try await serving.ask("GET", "/", ["Authorization: Basic d3Jvbmc6d3Jvbmc="]) }
            let start = ContinuousClock.now
            let reply = try await serving.ask("GET", "/", [Self.right])
            #expect(reply.status == 200)
            #expect(ContinuousClock.now - start < .milliseconds(500))
        }
    }

    @Test func guessingInParallelIsRefused() async throws {
        try await withServing(settings: Self.settings) { serving in
            let statuses = try await offPool {
                // All connected before the first guess, so that the guesses come together on a busy machine, too.
                let connections = try (0..<20).map { _ in try RawConnection(port: serving.port) }
                let guess = Serving.request(
                    "GET", "/", ["Authorization: Basic d3Jvbmc6d3Jvbmc="], body: "", host: "127.0.0.1")
                for connection in connections { connection.send(guess) }
                return try connections.reduce(into: [Int: Int]()) { $0[try $1.readReply().status, default: 0] += 1 }
            }
            #expect(statuses.keys.sorted() == [401, 429])
            #expect(statuses[429]! >= 8)
        }
    }

    @Test func beyondLoopbackOnlyWithBoth() throws {
        func settings(_ host: String, _ username: String, _ password: String) -> WebSettings {
            var settings = WebSettings(listenHost: host, listenPort: 9001)
            settings.username = username
            settings.password = password
            return settings
        }
        for host in ["127.0.0.1", "127.8.8.8", "::1", "localhost"] {
            #expect(try settings(host, "", "").credentials() == nil)
            #expect(try settings(host, "a", "").credentials() == nil)
            #expect(try settings(host, "a", "b").credentials() != nil)
        }
        for host in ["", "0.0.0.0", "::", "192.0.2.1", "2001:db8::1", "router.lan"] {
            for (username, password) in [("", ""), ("a", ""), ("", "b")] {
                #expect(throws: WebServerError.self) { try settings(host, username, password).credentials() }
            }
            #expect(try settings(host, "a", "b").credentials() != nil)
        }
    }

    @Test func refusalIsOneLineAndNothingIsServed() async throws {
        let log = LogLines()
        let web = WebServerGroup(
            WebSettings(listenHost: "", listenPort: 0), role: .client(FakeClient()), log: log.logger)
        let running = Task { await web.run() }
        try await eventually { !log.all.isEmpty }
        try await Task.sleep(for: .milliseconds(100))
        #expect(log.all.count == 1)
        #expect(log.all[0].hasPrefix("error: the web manager is not served on :0, which others can reach"))
        #expect(web.port == nil)
        running.cancel()
        await running.value
    }
}
