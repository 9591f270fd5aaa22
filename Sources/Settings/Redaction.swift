// SPDX-License-Identifier: GPL-2.0-or-later

/// Decides what of the file's own text a diagnostic may repeat, so that no password ends up in a log.
///
/// Three nets, because the file that needs a diagnostic is the one that is not written as it should be: the
/// values of everything named like a password, wherever else they stand; text that mentions a password, as
/// `password:hunter2` without its blank does; and, under `webManager`, every name that is none of ours.
struct Redaction {
    static let notShown = "(not shown)"
    /// Characters of a text that are repeated.
    static let lengthMax = 60

    private var secrets: Set<String> = []

    init(_ root: YAMLNode?) {
        if let root { collectSecrets(in: root) }
    }

    /// A value in quotes, what cannot be seen in it as `<U+00A0>`, or a note that it is not shown.
    func quoted(_ text: String) -> String {
        holdsSecret(text) || Self.mentionsPassword(text)
            ? "text \(Self.notShown)" : "\"\(Self.escaped(text))\""
    }

    /// A value that stands near a password: as ``quoted(_:)``, and only when it is one word.
    func quotedNearPassword(_ text: String) -> String {
        text.utf8.contains { $0 <= 0x20 } ? "text \(Self.notShown)" : quoted(text)
    }

    /// The dotted path, with a note in place of a name that is not shown.
    func text(of path: KeyPathText) -> String {
        var text = ""
        var nearPassword = false
        for step in path.steps {
            switch step {
            case .index(let index):
                text += "[\(index)]"
                continue
            case .known(let name):
                text += text.isEmpty ? name : ".\(name)"
                if name == "webManager" { nearPassword = true }
            case .foreign(let name):
                text += (text.isEmpty ? "" : ".") + shown(name, nearPassword: nearPassword)
                if name == "webManager" { nearPassword = true }
            }
        }
        return text
    }

    private func shown(_ name: String, nearPassword: Bool) -> String {
        if nearPassword {
            guard Suggestion.isClose(name, to: WebManagerKey.names) else { return Self.notShown }
        } else if Self.mentionsPassword(name), !Self.isBareWord(name) {
            return Self.notShown
        }
        return holdsSecret(name) ? Self.notShown : Self.escaped(name)
    }

    private func holdsSecret(_ text: String) -> Bool {
        !secrets.isEmpty && secrets.contains { text.utf8.contains($0.utf8) }
    }

    private mutating func collectSecrets(in node: YAMLNode) {
        switch node.content {
        case .scalar: break
        case .sequence(let items): for item in items { collectSecrets(in: item) }
        case .mapping(let entries):
            for entry in entries {
                collectSecrets(in: entry.key)
                if let name = entry.name, Self.namesPassword(name) {
                    addTexts(of: entry.value)
                } else {
                    collectSecrets(in: entry.value)
                }
            }
        }
    }

    private mutating func addTexts(of node: YAMLNode) {
        switch node.content {
        case .scalar(let scalar): if !scalar.text.isEmpty, !scalar.isNull { secrets.insert(scalar.text) }
        case .sequence(let items): for item in items { addTexts(of: item) }
        case .mapping(let entries):
            for entry in entries {
                addTexts(of: entry.key)
                addTexts(of: entry.value)
            }
        }
    }

    private static func namesPassword(_ name: String) -> Bool {
        mentionsPassword(name) || Suggestion.isClose(name, to: ["password"])
    }

    private static func mentionsPassword(_ text: String) -> Bool {
        let text = text.lowercased()
        return ["pass", "pwd", "secret"].contains { text.utf8.contains($0.utf8) }
    }

    private static func isBareWord(_ name: String) -> Bool {
        name.utf8.allSatisfy { (0x41...0x5a).contains($0 & 0xdf) || $0 == UInt8(ascii: "_") }
    }

    private static func escaped(_ text: String) -> String {
        var out = ""
        for scalar in text.unicodeScalars.prefix(lengthMax) {
            switch scalar {
            case "\"", "\\": out += "\\\(scalar)"
            case _ where scalar.isVisible || scalar == " ": out.unicodeScalars.append(scalar)
            default:
                let digits = String(scalar.value, radix: 16, uppercase: true)
                out += "<U+\(String(repeating: "0", count: max(0, 4 - digits.count)))\(digits)>"
            }
        }
        return text.unicodeScalars.count > lengthMax ? out + "…" : out
    }
}
