// SPDX-License-Identifier: GPL-2.0-or-later

internal import Glibc

/// A password as a file holds it: one line, whatever editor wrote it.
///
/// Not part of it are a byte order mark, line endings and blanks at the end; of the blanks there is a warning, because
/// a password may have been meant to end in one.
struct PasswordFile: Sendable, Equatable {
    private static let bytesMax = 1024
    private static let byteOrderMark: [UInt8] = [0xef, 0xbb, 0xbf]

    var password: String
    /// What is odd about it, for people; nil when nothing is.
    var warning: String?

    /// - Throws: when there is no password in it.
    init(path: String) throws(WebRefusal) {
        do throws(Fault) { try self.init(Self.read(path)) } catch {
            throw WebRefusal(description: "cannot take the password from \(path): \(error.reason)", mayPass: true)
        }
    }

    private struct Fault: Error {
        var reason: String
    }

    private init(_ bytes: [UInt8]) throws(Fault) {
        var content = bytes[...]
        if content.starts(with: Self.byteOrderMark) { content.removeFirst(Self.byteOrderMark.count) }
        while let last = content.last, last == UInt8(ascii: "\n") || last == UInt8(ascii: "\r") { content.removeLast() }
        let length = content.count
        while let last = content.last, last == UInt8(ascii: " ") || last == UInt8(ascii: "\t") { content.removeLast() }
        guard !content.isEmpty else { throw Fault(reason: "it is empty") }
        guard !content.contains(where: { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") }) else {
            throw Fault(reason: "it has more than one line")
        }
        guard let text = String(validating: content, as: UTF8.self) else { throw Fault(reason: "it is no UTF-8") }
        password = text
        if content.count < length { warning = "blanks at the end of its line are not taken for part of the password" }
    }

    private static func read(_ path: String) throws(Fault) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw Fault(reason: String(cString: strerror(errno))) }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: bytesMax + 1)
        let count = Glibc.read(descriptor, &bytes, bytes.count)
        guard count >= 0 else { throw Fault(reason: String(cString: strerror(errno))) }
        guard count <= bytesMax else { throw Fault(reason: "it is longer than \(bytesMax) bytes") }
        return Array(bytes[..<count])
    }
}

extension WebSettings {
    /// What is wrong or odd about the password's file, in words; nil when nothing is or there is none.
    public var passwordFileProblem: String? {
        guard password.isEmpty, !passwordFile.isEmpty else { return nil }
        do throws(WebRefusal) {
            return try PasswordFile(path: passwordFile).warning.map { "\(passwordFile): \($0)" }
        } catch { return error.description }
    }
}
