// SPDX-License-Identifier: GPL-2.0-or-later

import Glibc
import Sockets

/// What a web server on a namespace's loopback answers to `GET path`: the body of a 200.
///
/// Throws with the status line when it is another. Knows as much of HTTP/1.1 as that takes.
public func httpGet(_ path: String, port: Int, in namespace: Namespace, seconds: Int = Int(Patience.seconds)) throws -> String {
    try http("GET", path, "", port: port, in: namespace, seconds: seconds)
}

/// The same for `POST path` with JSON.
@discardableResult
public func httpPost(
    _ path: String, _ json: String, port: Int, in namespace: Namespace, seconds: Int = Int(Patience.seconds)
) throws -> String {
    let fields = "Content-Type: application/json\r\nContent-Length: \(json.utf8.count)\r\n\r\n\(json)"
    return try http("POST", path, fields, port: port, in: namespace, seconds: seconds)
}

/// - Parameter rest: what follows the fields that every request has: further ones, an empty line and a body, or nothing.
private func http(
    _ method: String, _ path: String, _ rest: String, port: Int, in namespace: Namespace, seconds: Int
) throws -> String {
    let descriptor = try namespace.inside {
        socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    }
    guard descriptor >= 0 else { throw LaboratoryFailure("no socket: \(Errno.current)") }
    defer { close(descriptor) }
    var patience = timeval(tv_sec: seconds, tv_usec: 0)
    for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
        setsockopt(descriptor, SOL_SOCKET, option, &patience, socklen_t(MemoryLayout<timeval>.size))
    }
    let target = SocketAddress(IPAddress("127.0.0.1")!, port: UInt16(port))
    guard target.withArgument({ connect(descriptor, $0, $1) }) == 0 else {
        throw LaboratoryFailure("no web server on port \(port): \(Errno.current)")
    }
    let request =
        "\(method) \(path) HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\nConnection: close\r\n" + (rest.isEmpty ? "\r\n" : rest)
    _ = request.withCString { send(descriptor, $0, request.utf8.count, Int32(MSG_NOSIGNAL)) }
    var answer: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
        let count = recv(descriptor, &buffer, buffer.count, 0)
        guard count >= 0 else { throw LaboratoryFailure("\(method) \(path): \(Errno.current)") }
        if count == 0 { break }
        answer += buffer[..<count]
    }
    let end: [UInt8] = [13, 10, 13, 10]
    guard let head = (0..<max(0, answer.count - 3)).first(where: { answer[$0..<$0 + 4].elementsEqual(end) }) else {
        throw LaboratoryFailure("\(method) \(path): no HTTP answer in \(answer.count) bytes")
    }
    let lines = String(decoding: answer[..<head], as: UTF8.self).split(separator: "\r\n")
    let body = String(decoding: answer[(head + 4)...], as: UTF8.self)
    guard lines.first?.split(separator: " ").dropFirst().first == "200" else {
        throw LaboratoryFailure("\(method) \(path): \(lines.first ?? ""): \(body.prefix(200))")
    }
    let isChunked = lines.contains { $0.lowercased() == "transfer-encoding: chunked" }
    return isChunked ? try unchunked(Array(answer[(head + 4)...]), path) : body
}

/// Joins the chunks of RFC 9112, 7.1; trailers and extensions are passed over.
private func unchunked(_ bytes: [UInt8], _ path: String) throws -> String {
    var rest = bytes[...]
    var body: [UInt8] = []
    while let lineEnd = rest.firstIndex(of: 13) {
        let size = String(decoding: rest[..<lineEnd], as: UTF8.self).split(separator: ";").first ?? ""
        guard let count = Int(size, radix: 16), rest.distance(from: lineEnd, to: rest.endIndex) >= count + 2 else {
            break
        }
        if count == 0 { return String(decoding: body, as: UTF8.self) }
        let start = lineEnd + 2
        body += rest[start..<start + count]
        rest = rest[(start + count)...].dropFirst(2)
    }
    throw LaboratoryFailure("\(path): the answer's chunks are cut short")
}
