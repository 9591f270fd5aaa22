// SPDX-License-Identifier: GPL-2.0-or-later

/// One file of the repository.
struct SourceFile: Sendable {
    enum Kind: Sendable {
        case swift, c, shell, python, page, markdown
    }

    /// Below the repository's root.
    let path: String
    let kind: Kind
    let lines: [Substring]

    /// Returns nil for what is no source: data, pictures, configuration.
    init?(_ path: String, bytes: [UInt8]) {
        let text = String(decoding: bytes, as: UTF8.self)
        guard let kind = Self.kind(path, text) else { return nil }
        self.path = path
        self.kind = kind
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        if lines.last == "" { lines.removeLast() }
        self.lines = lines
    }

    private static func kind(_ path: String, _ text: String) -> Kind? {
        let name = path.split(separator: "/").last ?? ""
        switch name.split(separator: ".").last {
        case "swift": return .swift
        case "c", "h", "modulemap": return .c
        case "sh": return .shell
        case "py": return .python
        case "js", "css", "html": return .page
        case "md": return .markdown
        default: break
        }
        guard text.hasPrefix("#!") else { return nil }
        return text.prefix { $0 != "\n" }.contains("python") ? .python : .shell
    }

    /// The folder that is compiled as one: a room, a test target, or the benchmarks.
    var module: String {
        let parts = path.split(separator: "/")
        let depth = parts[0] == "Sources" || parts[0] == "Tests" ? 2 : 1
        return parts.prefix(depth).joined(separator: "/")
    }

    /// The lines without what follows `//`.
    var code: [Substring] {
        lines.map { line in
            if line.drop(while: { $0 == " " }).hasPrefix("//") { return "" }
            guard let comment = line.firstRange(of: " //") else { return line }
            return line[..<comment.lowerBound]
        }
    }
}

extension Substring {
    /// The identifiers, keywords among them.
    var identifiers: [String] {
        utf8.split { !($0 == 0x5f || 0x30...0x39 ~= $0 || 0x41...0x5a ~= $0 || 0x61...0x7a ~= $0 || $0 >= 0x80) }
            .map { String(Substring($0)) }
    }
}
