// SPDX-License-Identifier: GPL-2.0-or-later

import Glibc
import Support
import Testing

@testable import WebManager

/// Sends random malformed requests.
@Suite struct FuzzTests {
    private static let count = number("ENGARDE_WEB_FUZZ") ?? 2_000
    private static let seed = UInt64(number("ENGARDE_WEB_FUZZ_SEED") ?? 1)

    private static func number(_ variable: String) -> Int? { getenv(variable).flatMap { Int(String(cString: $0)) } }

    private static let methods = [
        "GET", "GET", "POST", "POST", "POST", "POST", "POST", "HEAD", "PUT", "OPTIONS", "BREW",
    ]
    private static let paths = [
        "/", "/api/v1/exclude", "/api/v1/swap-exclusion", "/api/v1/get-list", "/api/v2/exclude", "/api/v2/include",
        "/api/v2/links/eth0/history", "/api/v2/links/%65th0/history", "/metrics", "*", "http://evil.example/", "",
    ]
    private static let pathPieces = [
        "/..", "/../../etc/passwd", "%2e%2e%2f", "%00", "%", "%f", "%ff", "%c3%28", "//", "/./", "?a=b", "#x", "\\",
        ";", "\u{0}", "é", " ", "/api/v2/links/", "/history", "~root", "%0d%0aX: y", "index.html",
    ]
    private static let bodies = [
        #"{"interface":"eth0"}"#, #"{"interface":"#, #"{"interface":null}"#, #"{"interface":1}"#, "[]", "null", "",
        #"{"interface":""}"#, #"{"interface":"a","force":"yes"}"#, #"{"interface":"\ud800"}"#,
        #"{"interface":"\u0000"}"#,
        "{\"interface\":\"\u{1}\"}", #"{"interface":{"interface":{}}}"#, String(repeating: "[", count: 60_000),
        String(repeating: #"{"interface":"#, count: 4_000), #"{"interface":"x"}{"interface":"y"}"#, "\u{feff}{}",
        #"{"interface":1e999999}"#, "<interface>eth0</interface>", "interface=eth0",
    ]
    private static let fields = [
        "Origin: null", "Origin: http://127.0.0.1", "Sec-Fetch-Site: cross-site", "Expect: 100-continue",
        "Connection: close", "Connection: upgrade", "Upgrade: websocket", "Authorization: Basic ====",
        "If-None-Match: *", "Range: bytes=0-", "Cookie: " + String(repeating: "a=b; ", count: 900),
    ]
    private static let badFields = [
        "Content-Type: text/plain", "Content-Length: 5", "Content-Length: -1", "Content-Length: 99999999999999999999",
        "Transfer-Encoding: chunked", "Transfer-Encoding: gzip", "Host: other", "X-\u{0}: y", ": y",
    ]

    private static func request(_ random: inout SeededGenerator) -> [UInt8] {
        let method = methods.randomElement(using: &random)!
        var path = paths.randomElement(using: &random)!
        if random.happens(400) { path += random.text(of: pathPieces, countMax: 4) }
        var lines = ["\(method) \(path) HTTP/1.1", "Host: 127.0.0.1"]
        if random.happens(900) { lines.append("Content-Type: application/json") }
        for _ in 0..<Int.random(in: 0...2, using: &random) { lines.append(fields.randomElement(using: &random)!) }
        if random.happens(150) { lines.append(badFields.randomElement(using: &random)!) }
        var body = Array(bodies.randomElement(using: &random)!.utf8)
        if random.happens(50) { body = [UInt8](repeating: 32, count: Int.random(in: 60_000...200_000, using: &random)) }
        if random.happens(100) { body += [0xff, 0xc0, 0x80] }
        if random.happens(900) { lines.append("Content-Length: \(body.count)") }
        var bytes = Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8) + body
        for _ in 0..<(random.happens(150) ? Int.random(in: 1...5, using: &random) : 0) {
            bytes[Int.random(in: 0..<min(bytes.count, 400), using: &random)] = UInt8.random(in: 0...255, using: &random)
        }
        return bytes
    }

    @Test func everyAnswerIsARefusalOrFine() async throws {
        let seed = Self.seed
        var limits = WebLimits.relaxed
        limits.idleSeconds = 1
        limits.requestSeconds = 1
        let client = FakeClient()
        try await withServing(.client(client), limits: limits) { serving in
            let before = residentKilobytes()
            let counts = try await withThrowingTaskGroup(of: [Int: Int].self) { group in
                for worker in 0..<8 {
                    group.addTask { try await offPool { try Self.work(serving.port, seed, worker) } }
                }
                return try await group.reduce(into: [:]) { all, some in all.merge(some, uniquingKeysWith: +) }
            }
            let answered = counts.values.reduce(0, +)
            #expect(counts.keys.allSatisfy { (200..<500).contains($0) }, "seed \(seed): \(counts)")
            #expect(answered == Self.count, "seed \(seed)")
            // It gets behind the parser often enough to mean something.
            for status in [200, 400, 404, 405, 413, 415] {
                #expect(counts[status, default: 0] > Self.count / 500, "seed \(seed): \(counts)")
            }
            #expect(residentKilobytes() - before < 64 * 1024, "seed \(seed)")
            try await eventually { serving.web.connectionCount == 0 }
            let reply = try await serving.ask("GET", "/api/v1/get-list")
            #expect(reply.status == 200, "seed \(seed)")
        }
    }

    /// Returns the number of responses by status; 0 stands for a connection closed without one.
    private static func work(_ port: Int, _ seed: UInt64, _ worker: Int) throws -> [Int: Int] {
        var random = SeededGenerator(seed: seed &+ UInt64(worker))
        var counts: [Int: Int] = [:]
        for _ in 0..<(count / 8) {
            let connection = try RawConnection(port: port)
            let bytes = request(&random)
            let isHead = bytes.starts(with: "HEAD ".utf8)
            connection.send(bytes)
            shutdown(connection.descriptor, Int32(SHUT_WR))
            var status = (try? connection.readReply(isHead: isHead))?.status ?? 0
            if status == 100 { status = (try? connection.readReply(isHead: isHead))?.status ?? 0 }
            counts[status, default: 0] += 1
        }
        return counts
    }
}

/// Returns the resident memory of this process.
private func residentKilobytes() -> Int {
    let file = fopen("/proc/self/statm", "r")!
    defer { fclose(file) }
    var total = 0
    var resident = 0
    _ = withUnsafeMutablePointer(to: &total) { total in
        withUnsafeMutablePointer(to: &resident) { resident in
            withVaList([total, resident]) { vfscanf(file, "%ld %ld", $0) }
        }
    }
    return resident * 4
}
