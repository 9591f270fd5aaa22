// SPDX-License-Identifier: GPL-2.0-or-later

import Logging
import Status
import Support

@testable import WebManager

/// A running web server under test.
struct Serving: Sendable {
    var port: Int
    var web: WebServerGroup
    var log: LogLines
    /// Stops the server before the test ends.
    var stop: @Sendable () -> Void

    /// Sends a request on a new connection.
    func ask(
        _ method: String, _ path: String, _ fields: [String] = [], body: String = "", host: String? = nil
    ) async throws -> Reply {
        try await ask(
            bytes: Serving.request(method, path, fields, body: body, host: host ?? "127.0.0.1:\(port)"),
            isHead: method == "HEAD")
    }

    func ask(bytes: [UInt8], isHead: Bool = false) async throws -> Reply {
        try await offPool { [port] in
            let connection = try RawConnection(port: port)
            connection.send(bytes)
            return try connection.readReply(isHead: isHead)
        }
    }

    /// Sends a POST with a JSON body.
    func post(_ path: String, _ body: String, _ fields: [String] = []) async throws -> Reply {
        try await ask("POST", path, ["Content-Type: application/json"] + fields, body: body)
    }

    static func request(_ method: String, _ path: String, _ fields: [String], body: String, host: String) -> [UInt8] {
        var lines = ["\(method) \(path) HTTP/1.1", "Host: \(host)"] + fields
        if !body.isEmpty { lines.append("Content-Length: \(body.utf8.count)") }
        return Array((lines.joined(separator: "\r\n") + "\r\n\r\n" + body).utf8)
    }
}

/// Serves on a free port while `body` runs.
func withServing(
    _ role: WebRole = .client(FakeClient()),
    settings: WebSettings = WebSettings(listenHost: "127.0.0.1", listenPort: 0),
    limits: WebLimits = .relaxed, _ body: @escaping @Sendable (Serving) async throws -> Void
) async throws {
    let log = LogLines()
    let web = WebServerGroup(settings, role: role, log: log.logger, limits: limits)
    let running = Task { await web.run() }
    defer { running.cancel() }
    var serving = Serving(port: 0, web: web, log: log) { running.cancel() }
    try await eventually { web.port != nil }
    serving.port = web.port!
    try await body(serving)
    running.cancel()
    await running.value
}

extension WebLimits {
    /// Limits without timeouts, so that no test fails on a busy machine; tests of a timeout set it.
    static var relaxed: WebLimits {
        var limits = WebLimits()
        (limits.idleSeconds, limits.requestSeconds, limits.stallSeconds) = (3600, 3600, 3600)
        limits.unacknowledgedMilliseconds = 3_600_000
        return limits
    }
}

struct TimedOut: Error {}

/// Waits until a condition holds.
func eventually(seconds: Double = Patience.seconds, _ condition: () async -> Bool) async throws {
    let limit = ContinuousClock.now + .seconds(seconds)
    while await !condition() {
        guard ContinuousClock.now < limit else { throw TimedOut() }
        try await Task.sleep(for: .milliseconds(5))
    }
}
