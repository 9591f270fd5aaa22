// SPDX-License-Identifier: GPL-2.0-or-later

import Status
import Synchronization
import Testing

@testable import WebManager

/// Compares version 1 of the API with the Go program, byte for byte.
@Suite struct Version1Tests {
    @Test func clientList() async throws {
        try await withServing { serving in
            let expected = Golden.ok(
                """
                {"type":"client","version":"0.1.0","description":"Büro \\"Nord\\"",\
                "listenAddress":"127.0.0.1:59401","interfaces":[\
                {"name":"eth0","label":"DSL","status":"active","senderAddress":"192.0.2.10",\
                "dstAddress":"vpn.example:59501","last":0},\
                {"name":"wwan0","status":"active","senderAddress":"10.0.0.2",\
                "dstAddress":"vpn.example:59501","last":12},\
                {"name":"wlan0","status":"idle","senderAddress":"","dstAddress":"vpn.example:59501","last":null},\
                {"name":"docker0","status":"excluded","senderAddress":"172.17.0.1","dstAddress":"","last":null}]}
                """)
            for method in ["GET", "POST"] {
                let reply = try await serving.ask(method, "/api/v1/get-list")
                #expect(reply.transcript == expected)
            }
        }
    }

    @Test func serverList() async throws {
        var server = FakeServer()
        server.addUnprovenSession(3, from: "203.0.113.1:1024")
        try await withServing(.server(server)) { serving in
            let expected = Golden.ok(
                """
                {"type":"server","version":"0.1.0","description":"Büro \\"Nord\\"",\
                "listenAddress":"127.0.0.1:59401","dstAddress":"vpn.example:59501","sockets":[\
                {"address":"192.0.2.1:40000","last":1},{"address":"[2001:db8::1]:51821","last":29},\
                {"address":"192.0.2.2:40001","last":1},{"address":"[2001:db8::2]:51821","last":29}]}
                """)
            let reply = try await serving.ask("GET", "/api/v1/get-list")
            #expect(reply.transcript == expected)
        }
    }

    /// The words of version 1 tell only whether a link receives copies.
    @Test(arguments: CarryingState.allCases) func statesInOldWords(_ state: CarryingState) async throws {
        try await withServing(.client(FakeClient([LinkStatus(name: "eth0", state: state)]))) { serving in
            let reply = try await serving.ask("GET", "/api/v1/get-list")
            let word = [.idle: "idle", .excluded: "excluded"][state] ?? "active"
            #expect(reply.text.contains(#""status":"\#(word)""#))
        }
    }

    @Test func emptyListsAreLists() async throws {
        try await withServing(.client(FakeClient([]))) { serving in
            let reply = try await serving.ask("GET", "/api/v1/get-list")
            #expect(reply.text.hasSuffix(#""interfaces":[]}"#))
        }
        try await withServing(.server(FakeServer(sessionCount: 0))) { serving in
            let reply = try await serving.ask("GET", "/api/v1/get-list")
            #expect(reply.text.hasSuffix(#""sockets":[]}"#))
        }
    }

    @Test func changes() async throws {
        try await withServing { serving in
            let steps: [(path: String, body: String, answer: String)] = [
                ("exclude", #"{"interface":"eth0"}"#, #"{"status":"ok"}"#),
                ("exclude", #"{"interface":"eth0"}"#, #"{"status":"already-excluded"}"#),
                ("include", #"{"interface":"eth0"}"#, #"{"status":"ok"}"#),
                ("include", #"{"interface":"eth0"}"#, #"{"status":"already-included"}"#),
                ("swap-exclusion", #"{"interface":"eth0"}"#, #"{"status":"ok"}"#),
                ("swap-exclusion", #"{"interface":"not-there-yet"}"#, #"{"status":"ok"}"#),
                ("reset-exclusions", "", #"{"status":"ok"}"#),
                ("reset-exclusions", "{}", #"{"status":"ok"}"#),
            ]
            for step in steps {
                let reply = try await serving.post("/api/v1/" + step.path, step.body)
                #expect(reply.transcript == Golden.ok(step.answer), "\(step)")
            }
        }
    }

    @Test func lastLinkIsGuarded() async throws {
        let client = FakeClient([FakeClient.links[0]])
        try await withServing(.client(client)) { serving in
            let message =
                #"{"status":"error","code":"last-link","message":"this is the last link that carries the tunnel; "#
                + #"add \"force\":true to exclude it all the same"}"#
            for path in ["/api/v1/exclude", "/api/v1/swap-exclusion", "/api/v2/exclude", "/api/v2/swap"] {
                let reply = try await serving.post(path, #"{"interface":"eth0"}"#)
                #expect(reply.transcript == Golden.answer("409 Conflict", message), "\(path)")
                #expect(client.state.withLock { !$0.status.links[0].isExcluded })
            }
            let forced = try await serving.post("/api/v1/exclude", #"{"interface":"eth0","force":true}"#)
            #expect(forced.transcript == Golden.ok(#"{"status":"ok"}"#))
            #expect(client.state.withLock { $0.status.links[0].isExcluded })
        }
    }

    @Test func unauthorized() async throws {
        var settings = WebSettings(listenHost: "127.0.0.1", listenPort: 0)
        settings.username = "admin"
        settings.password = "s3cret"
        try await withServing(settings: settings) { serving in
            let body = #"{"status":"error","code":"unauthorized","message":"a user name and a password are needed"}"#
            let expected = Golden.answer(
                "401 Unauthorized", body, more: [#"WWW-Authenticate: Basic realm="engarde""#])
            let reply = try await serving.ask("GET", "/api/v1/get-list")
            #expect(reply.transcript == expected)
        }
    }

    @Test func programsHaveTheirOwnRoutes() async throws {
        try await withServing(.server(FakeServer())) { serving in
            for path in ["include", "exclude", "swap-exclusion", "reset-exclusions"] {
                let reply = try await serving.post("/api/v1/" + path, #"{"interface":"x"}"#)
                #expect(reply.status == 404)
            }
        }
    }

    /// Scripts for the Go program call curl without a content type.
    @Test(arguments: ["include", "exclude", "swap-exclusion"])
    func curlWithoutContentType(_ path: String) async throws {
        try await withServing { serving in
            let fields = ["User-Agent: curl/7.88.1", "Content-Type: application/x-www-form-urlencoded"]
            let reply = try await serving.ask("POST", "/api/v1/" + path, fields, body: #"{"interface":"x"}"#)
            #expect(reply.status == 200)
            let second = try await serving.ask("POST", "/api/v2/exclude", fields, body: #"{"interface":"x"}"#)
            #expect(second.status == 415)
        }
    }
}
