// SPDX-License-Identifier: GPL-2.0-or-later

import HTTPTypes
import NIOCore
import Status
import Synchronization
import Testing

@testable import WebManager

/// Tests that the OpenAPI file and the programs agree.
@Suite struct OpenAPITests {
    private static let bodies = ["ExclusionRequest": #"{"interface":"wwan0"}"#, "Nothing": ""]

    private static var roles: [(name: String, role: WebRole, parameter: String)] {
        let client = FakeClient()
        client.state.withLock {
            $0.historyByLink["eth0"] = [
                QualityMinute(
                    startUnixSeconds: 1_700_000_040, expectedDatagrams: 10, receivedDatagrams: 9, firstDatagrams: 4,
                    delayP50Milliseconds: nil, delayP99Milliseconds: 3.5, receivedBytes: 9000, sentBytes: 8000)
            ]
        }
        return [
            ("client", .client(client), "eth0"), ("server", .server(FakeServer()), "%5B2001:db8::1%5D:51821"),
        ]
    }

    @Test func everyOperationOfTheFileIsServed() async throws {
        let file = try OpenAPIFile()
        #expect(file.operations.count > 15)
        for (name, role, parameter) in Self.roles {
            try await withServing(role) { serving in
                let file = try OpenAPIFile()
                for operation in file.operations {
                    let reply = try await Self.ask(operation, parameter, serving)
                    let place = "\(name) \(operation.method) \(operation.path)"
                    guard operation.program == nil || operation.program == name else {
                        #expect(reply.status == 404, "\(place)")
                        continue
                    }
                    #expect(reply.status == 200, "\(place)")
                    #expect(reply["Content-Type"]?.hasPrefix(operation.type) == true, "\(place)")
                    guard operation.type == "application/json" else { continue }
                    let value = try JSONTree(reply.body)
                    #expect(file.faults(of: value, by: operation.schema) == [], "\(place)")
                }
            }
        }
    }

    private static func ask(
        _ operation: OpenAPIFile.Operation, _ parameter: String, _ serving: Serving
    ) async throws -> Reply {
        let path = operation.path.split(separator: "/", omittingEmptySubsequences: false)
            .map { $0.hasPrefix("{") ? parameter : String($0) }.joined(separator: "/")
        // An answer without end has a beginning to look at.
        if operation.type == "text/event-stream" { return try await serving.ask("HEAD", path) }
        guard let body = operation.body else { return try await serving.ask(operation.method, path) }
        return try await serving.post(path, bodies[body]!)
    }

    @Test func everyRouteIsInTheFile() throws {
        let file = try OpenAPIFile()
        for (name, role, _) in Self.roles {
            let routes = Routes.all(role, EventFeed(.relaxed) { nil })
            for route in routes where route.pattern.hasPrefix("/api/") || route.pattern == "/metrics" {
                let operation = file.operations.first {
                    $0.path == route.pattern && $0.method == route.method.rawValue
                        && ($0.program == nil || $0.program == name)
                }
                #expect(operation != nil, "\(name) \(route.method) \(route.pattern)")
                #expect((operation?.hasParameter == true) == route.pattern.contains("{"))
            }
        }
    }

    @Test func refusalsAreErrors() async throws {
        try await withServing { serving in
            let file = try OpenAPIFile()
            let replies = [
                try await serving.ask("GET", "/api/v2/links/none/history"),
                try await serving.ask("GET", "/api/v2/links/%ff/history"),
                try await serving.post("/api/v2/exclude", "{"), try await serving.post("/api/v2/exclude", "[]"),
                try await serving.post("/api/v2/exclude", #"{"interface":""}"#),
                try await serving.ask("DELETE", "/api/v2/links"), try await serving.ask("GET", "/nothing"),
            ]
            #expect(replies.map(\.status) == [404, 400, 400, 400, 400, 405, 404])
            #expect(replies[5]["Allow"] == "GET")
            for reply in replies {
                let value = try JSONTree(reply.body)
                #expect(file.faults(of: value, by: file.schema("Error")) == [])
            }
        }
    }

    /// Tests the checker itself.
    @Test func faultsAreFound() throws {
        let file = try OpenAPIFile()
        let good = #"{"session":1,"id":1}"#
        #expect(!file.faults(of: try JSONTree(good.utf8), by: file.schema("Session")).isEmpty)
        for (text, schema) in [
            (#"{"status":"maybe"}"#, "Outcome"), (#"{"status":1}"#, "Outcome"), ("{}", "Outcome"),
            (#"{"status":"ok","more":1}"#, "Outcome"), (#"{"status":null}"#, "Outcome"), ("[]", "Outcome"),
            (#"{"name":"a","description":"b","count":1.5}"#, "NamedCount"), (#"{"type":"client"}"#, "Status"),
        ] {
            #expect(!file.faults(of: try JSONTree(text.utf8), by: file.schema(schema)).isEmpty, "\(text)")
        }
        #expect(file.faults(of: try JSONTree(#"{"status":"ok"}"#.utf8), by: file.schema("Outcome")) == [])
    }
}
