// SPDX-License-Identifier: GPL-2.0-or-later

import HTTPTypes
import Status
import Synchronization
import Testing

@testable import WebManager

/// Tests against DNS rebinding and cross-site request forgery.
@Suite struct HostTests {
    @Test(arguments: [
        ("127.0.0.1", true), ("127.0.0.1:9001", true), ("192.0.2.1:9001", true), ("[::1]:9001", true),
        ("[2001:db8::1]", true), ("localhost", true), ("LOCALHOST:1", true), ("localhost.", true),
        ("router.lan:9001", true), ("Router.LAN", true), ("evil.example", false), ("evil.example:9001", false),
        ("127.0.0.1.evil.example", false), ("localhost.evil.example", false), ("", false), (":9001", false),
        ("[::1", false), ("[evil.example]", false), ("127.0.0.1:9001:1", false), ("127.0.0.1:x", false),
        ("a@127.0.0.1", false), ("127.0.0.1/", false), ("::1", false), ("127.0.0.1 ", false),
    ])
    func names(_ authority: String, _ isAllowed: Bool) {
        var settings = WebSettings(listenHost: "router.lan", listenPort: 9001)
        #expect(HostRule(settings, isAuthenticated: false).allows(authority) == isAllowed)
        settings.listenHost = ""
        #expect(!HostRule(settings, isAuthenticated: false).allows(""))
    }

    @Test func reboundNameIsRefused() async throws {
        try await withServing { serving in
            for path in ["/", "/api/v1/get-list", "/metrics"] {
                let reply = try await serving.ask("GET", path, host: "evil.example:\(serving.port)")
                #expect(reply.status == 421)
            }
            for head in ["GET / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: evil\r\n\r\n"] {
                let reply = try await serving.ask(bytes: Array(head.utf8))
                #expect(reply.status == 400)
            }
        }
        try await withServing(settings: AuthenticationTests.settings) { serving in
            let right = "Authorization: Basic YWRtaW46czNjcmV0"
            let reply = try await serving.ask("GET", "/", [right], host: "vpn.example")
            #expect(reply.status == 200)
        }
    }

    private static let json = "Content-Type: application/json"

    @Test(arguments: [
        ([json], 200),
        (["Content-Type: Application/JSON; charset=utf-8"], 200),
        ([json, "Origin: http://HOST"], 200),
        ([json, "Origin: https://HOST"], 200),
        ([json, "Origin: http://HOST", "Sec-Fetch-Site: same-origin"], 200),
        ([json, "Sec-Fetch-Site: none"], 200),
        ([json, "Origin: http://evil.example"], 403),
        ([json, "Origin: null"], 403),
        ([json, "Origin: http://HOST.evil.example"], 403),
        ([json, "Origin: http://HOST", "Sec-Fetch-Site: cross-site"], 403),
        ([json, "Origin: http://127.0.0.1:1"], 403),
        ([json, "Sec-Fetch-Site: cross-site"], 403),
        ([json, "Sec-Fetch-Site: same-site"], 403),
        ([json, "Referer: http://evil.example/"], 403),
        (["Content-Type: text/plain", "User-Agent: Mozilla/5.0 (old)"], 415),
        (["Content-Type: text/plain;application/json", "User-Agent: Mozilla/5.0 (old)"], 415),
        (["Content-Type: application/x-www-form-urlencoded", "User-Agent: Mozilla/5.0 (old)"], 415),
        (["Content-Type: text/plain", "Origin: http://evil.example"], 403),
        (["User-Agent: Mozilla/5.0 (old)"], 415),
        ([json, "Origin: http://evil.example", "Sec-Fetch-Site: none"], 403),
        // Behind a proxy that changes Host, over TLS.
        ([json, "Origin: https://van.example", "Sec-Fetch-Site: same-origin"], 200),
    ])
    func changes(_ fields: [String], _ status: Int) async throws {
        try await expect(status, of: fields, at: ["/api/v1/exclude", "/api/v2/exclude"])
    }

    /// Requests of Home Assistant, PowerShell, curl and other scripts are accepted.
    @Test(arguments: [
        [], ["Content-Type: text/plain"], ["Content-Type: text/plain; charset=utf-8", "User-Agent: HomeAssistant/2026.1"],
        ["Content-Type: application/x-www-form-urlencoded", "User-Agent: curl/8.5"],
        [
            "Content-Type: application/x-www-form-urlencoded",
            "User-Agent: Mozilla/5.0 (Windows NT; Windows NT 10.0; de-DE) WindowsPowerShell/5.1.19041.1",
        ],
        ["Content-Type: application/octet-stream"], ["Content-Type: text/plain", "Origin: http://HOST"],
    ])
    func scripts(_ fields: [String]) async throws {
        try await expect(200, of: fields, at: ["/api/v1/exclude"])
        try await expect(415, of: fields, at: ["/api/v2/exclude"])
    }

    private func expect(
        _ status: Int, of fields: [String], at paths: [String],
        settings: WebSettings = WebSettings(listenHost: "127.0.0.1", listenPort: 0)
    ) async throws {
        let client = FakeClient()
        try await withServing(.client(client), settings: settings) { serving in
            let fields = fields.map {
                $0.split(separator: "HOST", omittingEmptySubsequences: false)
                    .joined(separator: "127.0.0.1:\(serving.port)")
            }
            for path in paths {
                client.state.withLock { $0.status.links = FakeClient.links }
                let reply = try await serving.ask("POST", path, fields, body: #"{"interface":"eth0"}"#)
                #expect(reply.status == status, "\(path) \(fields)")
                #expect(client.state.withLock { $0.status.links[0].isExcluded } == (status == 200))
            }
        }
    }

    /// Without TLS, browsers do not send `Sec-Fetch-Site`, so the public host decides.
    @Test(arguments: [
        ("van.example", "http://van.example", 200), ("van.example", "http://VAN.example:8080", 200),
        ("van.example:8080", "http://van.example:8080", 200), ("Van.Example", "https://van.example", 200),
        ("van.example:8080", "http://van.example", 403), ("van.example", "http://van.example.evil.example", 403),
        ("van.example", "http://other.example", 403),
    ])
    func publicHost(_ name: String, origin: String, status: Int) async throws {
        var settings = WebSettings(listenHost: "127.0.0.1", listenPort: 0)
        settings.publicHosts = ["first.example", name]
        try await expect(status, of: [Self.json, "Origin: \(origin)"], at: ["/api/v2/exclude"], settings: settings)
        let host = HostRule(settings, isAuthenticated: false)
        #expect(host.allows(String(origin.split(separator: "/").last!)) == (status == 200))
    }

    @Test func theErrorNamesTheMissingProxySetting() async throws {
        try await withServing { serving in
            let reply = try await serving.post(
                "/api/v2/exclude", #"{"interface":"eth0"}"#, ["Origin: http://van.example:8080"])
            #expect(reply.status == 403)
            for words in ["proxy_set_header Host $http_host;", "webManager.publicHost must name van.example:8080"] {
                #expect(reply.text.contains(words), "\(reply.text)")
            }
        }
    }

    @Test(arguments: [
        ([], 200), (["User-Agent: curl/8"], 200), (["Origin: http://HOST"], 200), (["Referer: http://HOST/"], 200),
        (["User-Agent: Mozilla/5.0", "Sec-Fetch-Site: same-origin"], 200),
        (["User-Agent: Mozilla/5.0", "Referer: http://HOST/x"], 200),
        (["User-Agent: Mozilla/5.0"], 403), (["Origin: http://evil.example"], 403),
        (["Sec-Fetch-Site: cross-site"], 403), (["Referer: http://evil.example/HOST"], 403),
    ])
    func resetByGet(_ fields: [String], _ status: Int) async throws {
        let client = FakeClient()
        try await withServing(.client(client)) { serving in
            let fields = fields.map {
                $0.split(separator: "HOST", omittingEmptySubsequences: false)
                    .joined(separator: "127.0.0.1:\(serving.port)")
            }
            let reply = try await serving.ask("GET", "/api/v1/reset-exclusions", fields)
            #expect(reply.status == status)
            let head = try await serving.ask("HEAD", "/api/v1/reset-exclusions", fields)
            #expect(head.status == 405)
            for path in ["/api/v1/include", "/api/v1/exclude", "/api/v1/swap-exclusion", "/api/v2/reset"] {
                let reply = try await serving.ask("GET", path, fields)
                #expect(reply.status == 405)
            }
            #expect(client.state.withLock { $0.resetCount } == (status == 200 ? 1 : 0))
        }
    }
}
