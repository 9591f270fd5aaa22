// SPDX-License-Identifier: GPL-2.0-or-later

internal import Glibc

/// Reads a password from a file of one line.
///
/// A byte order mark, line endings and blanks at the end are not part of the password. Removed blanks produce a
/// warning, because a password may be meant to end in one.
struct PasswordFile: Sendable, Equatable {
    private static let bytesMax = 1024
    private static let byteOrderMark: [UInt8] = [0xef, 0xbb, 0xbf]

    var password: String
    /// A warning about the file's content, or nil.
    var warning: String?

    /// Reads the file at a path.
    ///
    /// - Throws: `WebServerError` when the file cannot be read or holds no valid password.
    init(path: String) throws(WebServerError) {
        do throws(Fault) { try self.init(Self.read(path)) } catch {
            throw WebServerError(
                description: "cannot take the password from \(path): \(error.reason)", isTemporary: true)
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
    /// A description of an error or a warning about the password file; nil without one.
    public var passwordFileProblem: String? {
        guard password.isEmpty, !passwordFile.isEmpty else { return nil }
        do throws(WebServerError) {
            return try PasswordFile(path: passwordFile).warning.map { "\(passwordFile): \($0)" }
        } catch { return error.description }
    }
}
