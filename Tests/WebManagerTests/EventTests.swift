// SPDX-License-Identifier: GPL-2.0-or-later

import Glibc
import Logging
import ServiceLifecycle
import Status
import Synchronization
import Testing

@testable import WebManager

@Suite struct EventTests {
    private static var quick: WebLimits {
        var limits = WebLimits.relaxed
        limits.eventSeconds = 0.02
        return limits
    }

    private static func listen(_ port: Int) throws -> RawConnection {
        let connection = try RawConnection(port: port)
        connection.send("GET /api/v2/events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        return connection
    }

    @Test func startsAndStops() async throws {
        let client = FakeClient()
        try await withServing(.client(client), limits: Self.quick) { serving in
            try await Task.sleep(for: .milliseconds(100))
            #expect(client.state.withLock { $0.statusCount } == 0)
            let lines = try await offPool {
                let connection = try Self.listen(serving.port)
                var lines: [String] = []
                while lines.count(where: { $0.hasPrefix("data:") }) < 3, let line = connection.readLine() {
                    lines.append(line)
                }
                return lines
            }
            #expect(lines[0] == "HTTP/1.1 200 OK")
            #expect(lines.contains("Content-Type: text/event-stream"))
            #expect(lines.contains("Cache-Control: no-cache, private, max-age=0"))
            #expect(lines.contains("event: status"))
            let data = try #require(lines.first { $0.hasPrefix("data: ") })
            let status = try await serving.ask("GET", "/api/v2/status")
            #expect(data == "data: " + status.text)
            try await eventually { serving.web.subscriberCount == 0 && !serving.web.isPublishing }
            let count = client.state.withLock { $0.statusCount }
            try await Task.sleep(for: .milliseconds(100))
            #expect(client.state.withLock { $0.statusCount } == count)
        }
    }

    /// Ten subscribers need as many snapshots as one.
    @Test func snapshotsAreShared() async throws {
        let client = FakeClient()
        try await withServing(.client(client), limits: Self.quick) { serving in
            let connections = try (0..<10).map { _ in try Self.listen(serving.port) }
            try await eventually { serving.web.subscriberCount == 10 }
            let before = client.state.withLock { $0.statusCount }
            let start = ContinuousClock.now
            try await Task.sleep(for: .milliseconds(400))
            try await eventually { client.state.withLock { $0.statusCount } > before + 1 }
            let taken = client.state.withLock { $0.statusCount } - before
            #expect(Double(taken) <= (ContinuousClock.now - start) / .milliseconds(20) + 2)
            withExtendedLifetime(connections) {}
        }
    }

    @Test func aChangeIsPublishedEarly() async throws {
        var limits = WebLimits.relaxed
        limits.eventSeconds = 60
        let client = FakeClient()
        try await withServing(.client(client), limits: limits) { serving in
            let connection = try Self.listen(serving.port)
            try await eventually { client.state.withLock { $0.statusCount } == 1 }
            client.state.withLock { $0.onChange }?()
            // A fifth of the interval later, long before its end.
            try await eventually(seconds: 50) { client.state.withLock { $0.statusCount } == 2 }
            withExtendedLifetime(connection) {}
        }
    }

    @Test func onlySoManyStreams() async throws {
        var limits = Self.quick
        limits.eventStreamsMax = 3
        try await withServing(limits: limits) { serving in
            let connections = try (0..<3).map { _ in try Self.listen(serving.port) }
            try await eventually { serving.web.subscriberCount == 3 }
            let refused = try await serving.ask("GET", "/api/v2/events")
            #expect(refused.status == 503)
            #expect(refused["Retry-After"] != nil)
            shutdown(connections[0].descriptor, Int32(SHUT_RDWR))
            try await eventually { serving.web.subscriberCount == 2 }
            let fourth = try Self.listen(serving.port)
            try await eventually { serving.web.subscriberCount == 3 }
            withExtendedLifetime((connections, fourth)) {}
        }
    }

    @Test func headOpensNoStream() async throws {
        try await withServing(limits: Self.quick) { serving in
            let reply = try await serving.ask("HEAD", "/api/v2/events")
            #expect(reply.status == 200)
            #expect(serving.web.subscriberCount == 0)
        }
    }

    /// A peer that does not read is disconnected.
    @Test func slowReaderIsDropped() async throws {
        var limits = Self.quick
        limits.stallSeconds = 1
        limits.socketBufferBytes = 4096
        let client = FakeClient((0..<1_000).map { LinkStatus(name: "veth\($0)", state: .idle) })
        try await withServing(.client(client), limits: limits) { serving in
            let slow = try Self.listen(serving.port)
            try await eventually { client.state.withLock { $0.statusCount } > 0 }
            // Others are served meanwhile.
            let reply = try await serving.ask("GET", "/api/v1/get-list")
            #expect(reply.status == 200)
            try await eventually { serving.web.subscriberCount == 0 && serving.web.connectionCount == 0 }
            withExtendedLifetime(slow) {}
        }
    }

    /// A graceful shutdown waits neither for subscribers nor for incomplete requests.
    @Test(.timeLimit(.minutes(10))) func stopsPromptly() async throws {
        var limits = Self.quick
        (limits.idleSeconds, limits.requestSeconds, limits.stallSeconds) = (3600, 3600, 3600)
        let web = WebServerGroup(
            WebSettings(listenHost: "127.0.0.1", listenPort: 0), role: .client(FakeClient()), log: LogLines().logger,
            limits: limits)
        let group = ServiceGroup(
            configuration: .init(services: [web], logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }))
        let running = Task { try await group.run() }
        try await eventually { web.port != nil }
        let port = web.port!
        let listener = try Self.listen(port)
        let half = try RawConnection(port: port)
        half.send("POST /api/v2/exclude HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n")
        half.send("Content-Length: 100\r\n\r\n{")
        let idle = try RawConnection(port: port)
        try await eventually { web.subscriberCount == 1 && web.connectionCount == 3 }
        await group.triggerGracefulShutdown()
        try await running.value
        #expect(throws: RawConnection.Failure.self) { try RawConnection(port: port) }
        withExtendedLifetime((listener, half, idle)) {}
    }
}
