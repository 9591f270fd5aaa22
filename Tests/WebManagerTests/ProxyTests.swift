// SPDX-License-Identifier: GPL-2.0-or-later

import Glibc
import Status
import Support
import Synchronization
import Testing

@testable import WebManager

private let nginxProgram = Environment.find("nginx")

/// Tests with a real nginx as reverse proxy, in common configurations.
@Suite(.enabled(if: nginxProgram != nil, "skipped: not installed: nginx (nginx-light)"))
struct ProxyTests {
    private static let json = "Content-Type: application/json"
    private static let body = #"{"interface":"eth0"}"#

    /// Runs `body` with an nginx whose server section is `lines`, in which ENGARDE stands for the address of engarde.
    private func withProxy(
        _ lines: String, settings: WebSettings = WebSettings(listenHost: "127.0.0.1", listenPort: 0),
        _ body: @escaping @Sendable (_ proxy: Serving, _ client: FakeClient) async throws -> Void
    ) async throws {
        let client = FakeClient()
        try await withServing(.client(client), settings: settings) { serving in
            client.state.withLock { $0.status.links = FakeClient.links }
            let folder = try TemporaryFolder()
            defer { withExtendedLifetime(folder) {} }
            let text = lines.split(separator: "ENGARDE", omittingEmptySubsequences: false)
                .joined(separator: "127.0.0.1:\(serving.port)")
            // Another program may have the port; it is none of those that the kernel hands out.
            for attempt in 1...5 {
                let port = Int.random(in: 20_000..<32_000)
                let file = try folder.write(Self.file(folder.path, port, text), to: "nginx.conf")
                let nginx = try Program([nginxProgram!, "-p", folder.path, "-c", file, "-e", "stderr"])
                defer { nginx.stop(SIGQUIT) }
                let listens = await offPoolWait { (try? RawConnection(port: port)) != nil || nginx.status != nil }
                guard listens, nginx.status == nil else {
                    #expect(attempt < 5, "nginx does not listen: \(nginx.text(.error))")
                    continue
                }
                var proxy = serving
                proxy.port = port
                return try await body(proxy, client)
            }
        }
    }

    private static func file(_ folder: String, _ port: Int, _ lines: String) -> String {
        let paths = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map { "  \($0)_temp_path \(folder);\n" }.joined()
        return """
            daemon off;
            master_process off;
            pid \(folder)/nginx.pid;
            events {}
            http {
              access_log off;
            \(paths)  server {
                listen 127.0.0.1:\(port);
                \(lines)
              }
            }

            """
    }

    private func offPoolWait(_ condition: @escaping @Sendable () -> Bool) async -> Bool {
        (try? await offPool { Monotonic.wait(seconds: 10) { condition() } }) ?? false
    }

    /// Returns the header fields of a browser for a change from the page.
    private static func browser(_ authority: String, isSecure: Bool) -> [String] {
        [
            json, "User-Agent: Mozilla/5.0", "Origin: \(isSecure ? "https" : "http")://\(authority)",
            "Referer: \(isSecure ? "https" : "http")://\(authority)/",
        ] + (isSecure ? ["Sec-Fetch-Site: same-origin"] : [])
    }

    @Test("As nginx comes: page and events work, and changes where the browser says that they are the page's")
    func asItComes() async throws {
        try await withProxy("location / { proxy_pass http://ENGARDE; }") { proxy, client in
            let page = try await proxy.ask("GET", "/", host: "van.example")
            #expect(page.status == 200)
            let secure = try await proxy.ask(
                "POST", "/api/v2/exclude", Self.browser("van.example", isSecure: true), body: Self.body,
                host: "van.example")
            #expect(secure.status == 200, "\(secure.text)")
            #expect(client.state.withLock { $0.status.links[0].isExcluded })
            let plain = try await proxy.ask(
                "POST", "/api/v2/include", Self.browser("van.example", isSecure: false), body: Self.body,
                host: "van.example")
            #expect(plain.status == 403 && plain.text.contains("proxy_set_header Host $http_host;"), "\(plain.text)")
            let foreign = try await proxy.ask(
                "POST", "/api/v2/include", [Self.json, "Origin: https://evil.example", "Sec-Fetch-Site: cross-site"],
                body: Self.body, host: "van.example")
            #expect(foreign.status == 403 && !foreign.text.contains("proxy"), "\(foreign.text)")
            #expect(client.state.withLock { $0.status.links[0].isExcluded })
            try await expectEvents(proxy, "/api/v2/events")
        }
    }

    @Test(
        "With the name in publicHost, whether Host is passed or not",
        arguments: ["", "proxy_set_header Host $http_host;"])
    func publicHost(line: String) async throws {
        var settings = WebSettings(listenHost: "127.0.0.1", listenPort: 0)
        settings.publicHosts = ["van.example"]
        try await withProxy("\(line) location / { proxy_pass http://ENGARDE; }", settings: settings) { proxy, _ in
            for (host, status) in [("van.example:\(proxy.port)", 200), ("evil.example", line.isEmpty ? 403 : 421)] {
                let reply = try await proxy.ask(
                    "POST", "/api/v2/exclude", Self.browser(host, isSecure: false), body: Self.body, host: host)
                #expect(reply.status == status, "\(host): \(reply.text)")
            }
        }
    }

    @Test("With the browser's Host passed and a password, without publicHost")
    func hostPassed() async throws {
        let lines = "proxy_set_header Host $http_host; location / { proxy_pass http://ENGARDE; }"
        try await withProxy(lines, settings: AuthenticationTests.settings) { proxy, _ in
            let fields = Self.browser("van.example:8080", isSecure: false) + ["Authorization: Basic YWRtaW46czNjcmV0"]
            let reply = try await proxy.ask(
                "POST", "/api/v2/exclude", fields, body: Self.body, host: "van.example:8080")
            #expect(reply.status == 200, "\(reply.text)")
        }
    }

    @Test("Below a path")
    func belowAPath() async throws {
        let lines = "location /engarde/ { proxy_set_header Host $http_host; proxy_pass http://ENGARDE/; }"
        try await withProxy(lines) { proxy, client in
            let page = try await proxy.ask("GET", "/engarde/")
            #expect(page.status == 200)
            // Whatever the page names is beside it.
            let parts = page.text.split(separator: "\"").map(String.init)
            let names = zip(parts, parts.dropFirst())
                .filter { $0.0.hasSuffix("src=") || $0.0.hasSuffix("href=") }.map(\.1)
            #expect(names.contains("app.js") && names.contains("app.css"))
            for name in names {
                #expect(!name.hasPrefix("/") && !name.contains("//"), "\(name)")
                let file = try await proxy.ask("GET", "/engarde/\(name)")
                #expect(file.status == 200, "\(name)")
            }
            let reply = try await proxy.ask(
                "POST", "/engarde/api/v2/exclude", Self.browser("127.0.0.1:\(proxy.port)", isSecure: false),
                body: Self.body)
            #expect(reply.status == 200, "\(reply.text)")
            #expect(client.state.withLock { $0.status.links[0].isExcluded })
            try await expectEvents(proxy, "/engarde/api/v2/events")
        }
    }

    /// Expects events one by one, not at the end of the stream.
    private func expectEvents(_ proxy: Serving, _ path: String) async throws {
        let text = try await offPool { [port = proxy.port] in
            let connection = try RawConnection(port: port)
            connection.send(Serving.request("GET", path, [], body: "", host: "127.0.0.1:\(port)"))
            var bytes: [UInt8] = []
            while !String(decoding: bytes, as: UTF8.self).contains("event: status\n"),
                let more = connection.read(), !more.isEmpty
            {
                bytes += more
            }
            return String(decoding: bytes, as: UTF8.self)
        }
        #expect(text.contains("event: status\n"), "\(text)")
    }
}
