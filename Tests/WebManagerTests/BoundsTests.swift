// SPDX-License-Identifier: GPL-2.0-or-later

import Glibc
import Support
import Testing

@testable import WebManager

/// Tests of the limits on peers.
@Suite struct BoundsTests {
    private static let post = "POST /api/v2/exclude HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"

    @Test func parallelClients() async throws {
        try await withServing { serving in
            let replies = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<64 {
                    group.addTask {
                        try await offPool {
                            let connection = try RawConnection(
                                port: serving.port, timeoutSeconds: 2 * Int(Patience.seconds))
                            var good = 0
                            for _ in 0..<20 {
                                connection.send("GET /api/v1/get-list HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
                                let reply = try connection.readReply()
                                good += reply.status == 200 && reply.text.hasSuffix("}]}") ? 1 : 0
                            }
                            return good
                        }
                    }
                }
                return try await group.reduce(0, +)
            }
            #expect(replies == 64 * 20)
        }
    }

    @Test func bodiesAreBounded() async throws {
        try await withServing { serving in
            // Declared, sent, and sent in chunks: each is refused, and the refusal gets through.
            let large = String(repeating: " ", count: 65_537)
            let declared = try await serving.post("/api/v2/exclude", large)
            #expect(declared.status == 413)
            #expect(declared["Connection"] == "close")
            let chunk = "8000\r\n" + String(repeating: " ", count: 0x8000) + "\r\n"
            let chunked = try await serving.ask(
                bytes: Array((Self.post + "Transfer-Encoding: chunked\r\n\r\n" + chunk + chunk + chunk).utf8))
            #expect(chunked.status == 413)
            let fits = #"{"interface":"eth0"}"# + String(repeating: " ", count: 65_000)
            let taken = try await serving.post("/api/v2/exclude", fits)
            #expect(taken.status == 200)
            // Where no body is wanted it is not waited for.
            let get = try await serving.ask("GET", "/", body: large)
            #expect(get.status == 200)
        }
    }

    /// Sends a body without end until the connection is closed.
    @Test func endlessBodyIsCut() async throws {
        var limits = WebLimits.relaxed
        limits.drainBytesMax = 256 * 1024
        try await withServing(limits: limits) { serving in
            let sent = try await offPool {
                let connection = try RawConnection(port: serving.port)
                connection.send(Self.post + "Transfer-Encoding: chunked\r\n\r\n")
                let chunk = Array(("8000\r\n" + String(repeating: " ", count: 0x8000) + "\r\n").utf8)
                var sent = 0
                while sent < 64 * 1024 * 1024, connection.send(chunk) == chunk.count { sent += chunk.count }
                return sent
            }
            #expect(sent < 16 * 1024 * 1024)
            try await eventually { serving.web.connectionCount == 0 }
        }
    }

    @Test func expectIsAnswered() async throws {
        try await withServing { serving in
            let (first, second) = try await offPool {
                let connection = try RawConnection(port: serving.port)
                connection.send(Self.post + "Content-Length: 20\r\nExpect: 100-continue\r\n\r\n")
                let first = try connection.readReply()
                connection.send(#"{"interface":"eth0"}"#)
                return (first, try connection.readReply())
            }
            #expect(first.status == 100)
            #expect(second.status == 200)
        }
    }

    @Test(arguments: [
        "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: " + String(repeating: "x", count: 20_000),
        "GET /" + String(repeating: "x", count: 20_000) + " HTTP/1.1\r\nHost: 127.0.0.1",
        "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n" + String(repeating: "X: y\r\n", count: 100) + "Z: z",
    ])
    func headersAreBounded(_ head: String) async throws {
        try await withServing { serving in
            let reply = try await serving.ask(bytes: Array((head + "\r\n\r\n").utf8))
            #expect((400..<500).contains(reply.status))
        }
    }

    /// Half-open connections, incomplete heads and bodies, and idle connections are closed.
    @Test(arguments: [
        "", "GET / HT", "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n",
        post + "Content-Length: 10\r\n\r\n{", post + "Transfer-Encoding: chunked\r\n\r\n5\r\n{",
        "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 10\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    ])
    func idlersAreDropped(_ start: String) async throws {
        var limits = WebLimits.relaxed
        limits.idleSeconds = 1
        limits.requestSeconds = 1
        try await withServing(limits: limits) { serving in
            let isEnded = try await offPool {
                let connection = try RawConnection(port: serving.port, timeoutSeconds: 2 * Int(Patience.seconds))
                connection.send(start)
                _ = connection.readToEnd()
                return connection.isEnded
            }
            #expect(isEnded)
            try await eventually { serving.web.connectionCount == 0 }
        }
    }

    /// Heads and bodies sent one byte at a time are closed at the deadline.
    @Test(arguments: ["GET / HTTP/1.1\r\nX: ", post + "Content-Length: 60000\r\n\r\n"])
    func tricklersAreDropped(_ start: String) async throws {
        var limits = WebLimits.relaxed
        limits.idleSeconds = 1
        limits.requestSeconds = 1
        try await withServing(limits: limits) { serving in
            let bytes = try await offPool {
                let connection = try RawConnection(port: serving.port)
                connection.send(start)
                var count = 0
                while count < 1_200, connection.send([UInt8(ascii: "x")]) == 1 {
                    count += 1
                    usleep(50_000)
                }
                return count
            }
            #expect(bytes < 1_200)
            try await eventually { serving.web.connectionCount == 0 }
        }
    }

    @Test func pipelinedRequestsAllGetAnswers() async throws {
        try await withServing { serving in
            let statuses = try await offPool {
                let connection = try RawConnection(port: serving.port)
                connection.send(String(repeating: "GET /nope HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", count: 100))
                return try (0..<100).map { _ in try connection.readReply().status }
            }
            #expect(statuses == [Int](repeating: 404, count: 100))
        }
    }

    @Test func connectionsAreBounded() async throws {
        var limits = WebLimits.relaxed
        limits.connectionsMax = 8
        limits.connectionsPerSourceMax = 5
        // None of those that are held may go by itself.
        limits.idleSeconds = 3_600
        try await withServing(limits: limits) { serving in
            let held = try (0..<20).map { _ in try RawConnection(port: serving.port) }
            try await eventually { serving.web.connectionCount == 5 }
            let refused = try await offPool { () -> Int in
                let connection = try RawConnection(port: serving.port)
                connection.send("GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
                return connection.readToEnd().count
            }
            #expect(refused == 0)
            #expect(serving.web.connectionCount == 5)
            withExtendedLifetime(held) {}
            for connection in held { shutdown(connection.descriptor, Int32(SHUT_RDWR)) }
            try await eventually { serving.web.connectionCount == 0 }
            let served = try await serving.ask("GET", "/")
            #expect(served.status == 200)
        }
    }
}
