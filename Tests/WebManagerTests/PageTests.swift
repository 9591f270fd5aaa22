// SPDX-License-Identifier: GPL-2.0-or-later

import HTTPTypes
import HummingbirdCore
import Testing

@testable import WebManager

@Suite struct PageTests {
    @Test func filesAreServed() async throws {
        try await withServing { serving in
            for file in PageFile.all {
                let reply = try await serving.ask("GET", file.path)
                #expect(reply.status == 200)
                #expect(reply.body == file.bytes)
                #expect(reply["Content-Type"] == file.type)
                #expect(reply["Cache-Control"] == "no-cache")
                #expect(reply["Content-Security-Policy"] == SecurityHeaders.policy)
                let tag = try #require(reply["ETag"])
                let again = try await serving.ask("GET", file.path, ["If-None-Match: \(tag)"])
                #expect(again.status == 304)
                let head = try await serving.ask("HEAD", file.path)
                #expect(head.status == 200)
                #expect(head["Content-Length"] == "\(file.bytes.count)")
            }
        }
    }

    /// The content security policy forbids inline scripts and styles.
    @Test func nothingIsInline() {
        for file in PageFile.all where file.type.hasPrefix("text/html") {
            let text = String(decoding: file.bytes, as: UTF8.self).lowercased()
            for start in text.split(separator: "<script").dropFirst() {
                #expect(start.prefix { $0 != ">" }.contains("src="), "\(file.path)")
            }
            for forbidden in ["<style", " style=", " onclick=", " onload=", "javascript:", "http://", "https://"] {
                #expect(!text.contains(forbidden), "\(file.path) has \(forbidden)")
            }
        }
    }

    /// Checks the paths in the scripts of the page against the routes.
    @Test func everyRequestOfThePageIsServed() throws {
        let roles = [WebRole.client(FakeClient()), .server(FakeServer())]
        let served = Set(roles.flatMap { Routes.all($0, EventFeed(.relaxed) { nil }) }.map(\.pattern))
        var asked: Set<String> = []
        for file in PageFile.all where file.type.hasPrefix("text/javascript") {
            let text = String(decoding: file.bytes, as: UTF8.self)
            for match in text.matches(of: /[`"](api\/[^`"]*)[`"]/) {
                asked.insert("/" + match.1.replacing(/\$\{[^}]*\}+\)?\}?/, with: "{}"))
            }
        }
        #expect(asked.count >= 7, "\(asked)")
        for path in asked {
            let isServed = served.contains { $0.replacing(/\{[^}]*\}/, with: "{}") == path }
            #expect(isServed, "\(path)")
        }
    }

    @Test(arguments: [
        ("/api/v2/links/{name}/history", "/api/v2/links/eth0/history", "eth0"),
        ("/api/v2/links/{name}/history", "/api/v2/links/a%2Fb/history", "a%2Fb"),
        ("/api/v2/links/{name}/history", "/api/v2/links//history", nil),
        ("/api/v2/links/{name}/history", "/api/v2/links/eth0/history/", nil),
        ("/api/v2/links/{name}/history", "/api/v2/links/eth0", nil),
        ("/", "/", ""), ("/", "", nil), ("/", "//", nil), ("/a.b", "/a.b", ""), ("/a.b", "/a.c", nil),
    ])
    func patterns(_ pattern: String, _ path: String, _ parameter: String?) {
        let route = Route(.get, pattern) { _ in Response.bytes([], type: "") }
        #expect(route.parameter(of: path[...]).map(String.init) == parameter)
    }

    @Test(arguments: [
        ("eth0", "eth0"), ("%65th0", "eth0"), ("a%2Fb", "a/b"), ("%5B::1%5D:1", "[::1]:1"), ("%C3%A9", "é"),
        ("%", nil), ("%f", nil), ("%fg", nil), ("%ff", nil), ("%00", nil), ("a%0ab", nil), ("+", "+"), ("", ""),
    ])
    func decoding(_ segment: String, _ text: String?) { #expect(percentDecoded(segment[...]) == text) }

    @Test func dates() {
        #expect(httpDate(784_111_777) == "Sun, 06 Nov 1994 08:49:37 GMT")
    }
}
