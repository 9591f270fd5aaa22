// SPDX-License-Identifier: GPL-2.0-or-later

import Support
import Testing

@testable import WebManager

@Suite struct RetryTests {
    @Test func backoffDoublesToItsLimit() {
        var backoff = Backoff(1.0...30.0)
        #expect((0..<7).map { _ in backoff.next() } == [1, 2, 4, 8, 16, 30, 30].map { .seconds($0) })
        backoff.reset()
        #expect(backoff.next() == .seconds(1))
    }

    /// The port is in use at first.
    @Test func occupiedPortIsTriedAgain() async throws {
        try await withServing { other in
            let port = other.port
            let log = LogLines()
            var limits = WebLimits.relaxed
            limits.retrySeconds = 0.01...0.05
            let web = WebServerGroup(
                WebSettings(listenHost: "127.0.0.1", listenPort: UInt16(port)), role: .client(FakeClient()),
                log: log.logger, limits: limits)
            let running = Task { await web.run() }
            try await eventually { !log.all.isEmpty }
            try await Task.sleep(for: .milliseconds(300))
            #expect(web.port == nil)
            let trouble = "the web manager cannot listen on 127.0.0.1:\(port): Address already in use"
            #expect(log.all == ["error: \(trouble); it is tried again"])
            other.stop()
            try await eventually { web.port == port }
            try await eventually { log.all.count == 2 }
            #expect(log.all.last == "notice: the web manager is at http://127.0.0.1:\(port)/")
            running.cancel()
            await running.value
        }
    }

    /// The password file appears later.
    @Test func passwordFileIsAwaited() async throws {
        let folder = try TemporaryFolder()
        defer { withExtendedLifetime(folder) {} }
        let name = "\(folder.path)/password"
        var settings = WebSettings(listenHost: "127.0.0.1", listenPort: 0)
        settings.username = "admin"
        settings.passwordFile = name
        var limits = WebLimits.relaxed
        limits.retrySeconds = 0.01...0.05
        let log = LogLines()
        let web = WebServerGroup(settings, role: .client(FakeClient()), log: log.logger, limits: limits)
        let running = Task { await web.run() }
        try await eventually { !log.all.isEmpty }
        _ = try folder.write("s3cret\n", to: "password")
        try await eventually { web.port != nil }
        running.cancel()
        await running.value
    }

    @Test(arguments: ["::1", "localhost"])
    func otherLoopbacks(_ host: String) async throws {
        try await withServing(settings: WebSettings(listenHost: host, listenPort: 0)) { serving in
            #expect(serving.log.all.count == 1)
        }
    }

    @Test func wildcardServesIPv4() async throws {
        var settings = AuthenticationTests.settings
        settings.listenHost = ""
        try await withServing(settings: settings) { serving in
            let reply = try await serving.ask("GET", "/", ["Authorization: Basic YWRtaW46czNjcmV0"])
            #expect(reply.status == 200)
        }
    }
}
