// SPDX-License-Identifier: GPL-2.0-or-later

import Dispatch
import Glibc
import Support

/// A blocking TCP connection to the program under test, for raw bytes.
///
/// Must be used inside ``offPool(_:)``, so that it does not block the threads of the task pool.
final class RawConnection {
    struct Failure: Error { var text: String }

    let descriptor: Int32
    private var unread: [UInt8] = []
    /// True when the peer has closed or reset the connection; false after a timeout.
    private(set) var isEnded = false

    init(port: Int, timeoutSeconds: Int = Int(Patience.seconds)) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var patience = timeval(tv_sec: timeoutSeconds, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, .init(__sockaddr__: $0), socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else { throw Failure(text: "connect: \(errno)") }
    }

    deinit { close(descriptor) }

    /// Sends bytes. Returns the number sent, which is less than all when the peer has closed.
    @discardableResult
    func send(_ bytes: [UInt8]) -> Int {
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress!, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { break }
            sent += count
        }
        return sent
    }

    @discardableResult
    func send(_ text: String) -> Int { send(Array(text.utf8)) }

    /// Reads at most `count` bytes; empty at the end, nil after a timeout or reset.
    func read(_ count: Int = 65_536) -> [UInt8]? {
        if !unread.isEmpty {
            defer { unread = [] }
            return unread
        }
        var chunk = [UInt8](repeating: 0, count: count)
        let length = recv(descriptor, &chunk, count, 0)
        isEnded = length == 0 || length < 0 && errno == ECONNRESET
        return length < 0 ? nil : Array(chunk[..<length])
    }

    /// Reads until the end or a timeout.
    func readToEnd() -> [UInt8] {
        var bytes: [UInt8] = []
        while let chunk = read(), !chunk.isEmpty { bytes += chunk }
        return bytes
    }

    func readLine() -> String? {
        var line: [UInt8] = []
        while true {
            if unread.isEmpty {
                guard let chunk = read(), !chunk.isEmpty else { return nil }
                unread = chunk
            }
            let byte = unread.removeFirst()
            if byte == UInt8(ascii: "\n") { break }
            line.append(byte)
        }
        if line.last == UInt8(ascii: "\r") { line.removeLast() }
        return String(decoding: line, as: UTF8.self)
    }

    func readExactly(_ count: Int) throws -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count < count {
            guard let chunk = read(count - bytes.count), !chunk.isEmpty else { throw Failure(text: "cut short") }
            bytes += chunk.prefix(count - bytes.count)
            if bytes.count == count { break }
        }
        return bytes
    }

    /// Reads a whole response.
    func readReply(isHead: Bool = false) throws -> Reply {
        guard let statusLine = readLine() else { throw Failure(text: "no answer") }
        var reply = Reply(statusLine: statusLine)
        while let line = readLine(), !line.isEmpty { reply.fieldLines.append(line) }
        if isHead || reply.status == 304 { return reply }
        if reply["Transfer-Encoding"] == "chunked" {
            while let size = readLine().flatMap({ Int($0, radix: 16) }) {
                reply.body += try readBuffered(size)
                _ = readLine()
                if size == 0 { break }
            }
        } else {
            reply.body = try readBuffered(Int(reply["Content-Length"] ?? "0") ?? 0)
        }
        return reply
    }

    private func readBuffered(_ count: Int) throws -> [UInt8] {
        let first = Array(unread.prefix(count))
        unread.removeFirst(first.count)
        return first + (count > first.count ? try readExactly(count - first.count) : [])
    }
}

/// A response as received.
struct Reply: Sendable {
    var statusLine: String
    var fieldLines: [String] = []
    var body: [UInt8] = []

    init(statusLine: String) { self.statusLine = statusLine }

    var status: Int { Int(statusLine.split(separator: " ").dropFirst().first ?? "") ?? 0 }
    var text: String { String(decoding: body, as: UTF8.self) }

    subscript(_ name: String) -> String? {
        let prefix = name.lowercased() + ":"
        return fieldLines.first { $0.lowercased().hasPrefix(prefix) }
            .map { String($0.dropFirst(prefix.count).drop { $0 == " " }) }
    }

    /// The response as text, with a fixed date.
    var transcript: String {
        let fields = fieldLines.map { $0.hasPrefix("Date: ") ? "Date: (now)" : $0 }
        return ([statusLine] + fields + ["", text]).joined(separator: "\n")
    }
}

/// Runs a blocking closure on a thread of its own.
func offPool<T: Sendable>(_ body: @escaping @Sendable () throws -> T) async throws -> T {
    try await withCheckedThrowingContinuation { continuation in
        DispatchQueue.global().async { continuation.resume(with: Result(catching: body)) }
    }
}
