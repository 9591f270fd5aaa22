// SPDX-License-Identifier: GPL-2.0-or-later

/// One thing that is wrong or odd in a configuration file, with its place. It never holds a password.
public struct Diagnostic: Hashable, Sendable, CustomStringConvertible {
    public enum Severity: String, Hashable, Sendable {
        /// The file is used as if the key were not there.
        case warning
        /// The file is not used.
        case error
    }

    /// The file as it was named by the caller.
    public var file: String
    /// From 1; 0 when the file as a whole is meant.
    public var line: Int
    /// From 1, in characters; 0 when the file as a whole is meant.
    public var column: Int
    /// The dotted path, such as `client.dstOverrides[1].dstAddr` with list entries from 0; empty when no key
    /// is meant.
    public var key: String
    /// What stands there, ready to follow the word "found".
    public var found: String
    /// What may stand there, ready to follow the word "wanted".
    public var wanted: String
    /// The word that was probably meant.
    public var suggestion: String?
    public var severity: Severity

    public init(
        file: String, line: Int, column: Int, key: String, found: String, wanted: String,
        suggestion: String? = nil,
        severity: Severity
    ) {
        self.file = file
        self.line = line
        self.column = column
        self.key = key
        self.found = found
        self.wanted = wanted
        self.suggestion = suggestion
        self.severity = severity
    }

    /// One line: `engarde.yml:3:15: client.listenAddr: found "5940", wanted host:port such as
    /// 127.0.0.1:59401`.
    public var description: String {
        var text = line > 0 ? "\(file):\(line):\(column): " : "\(file): "
        if severity == .warning { text += "warning: " }
        if !key.isEmpty { text += "\(key): " }
        text += "found \(found), wanted \(wanted)"
        if let suggestion { text += "; did you mean \(suggestion)?" }
        return text
    }
}
