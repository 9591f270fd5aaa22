// SPDX-License-Identifier: GPL-2.0-or-later

/// Texts that go to the system, for which a zero byte is their end.
extension SectionReader {
    /// A file's path; empty when it is absent or wrong. Nothing is looked up. No value is repeated: it may be what the
    /// file was to hold.
    func filePath(_ key: Key) -> String {
        let wanted = "the path of a file"
        guard let node = node(key), let text = findings.text(of: node, path(of: key), wanted: wanted) else { return "" }
        return isWithoutZero(text, at: node, path(of: key)) ? text : ""
    }

    /// A socket's path; empty when there is to be none, nil when it is absent or wrong.
    func controlSocket(_ key: Key) -> String? {
        guard let node = node(key),
            let text = findings.text(of: node, path(of: key), wanted: "the path of a socket"),
            isWithoutZero(text, at: node, path(of: key))
        else { return nil }
        // The kernel takes 107 bytes; until it is in place the socket has a longer name.
        let limit = 96
        guard text.isEmpty || text.first == "/" && text.utf8.count <= limit else {
            findings.error(
                at: node.position, path(of: key), found: quoted(text),
                wanted: "an absolute path of at most \(limit) bytes, or \"\" for no socket")
            return nil
        }
        return text
    }

    /// A program's path and its first arguments, none when it is absent, empty or wrong.
    ///
    /// A single text is a program: no shell takes it apart, and neither do we.
    func command(_ key: Key) -> [String] {
        let wanted = "a program, or a list of it and its first arguments such as [/usr/bin/logger, -t, engarde]"
        guard let node = node(key) else { return [] }
        if case .scalar(let scalar) = node.content {
            guard !scalar.text.isEmpty, isWithoutZero(scalar.text, at: node, path(of: key)) else { return [] }
            if scalar.text.utf8.contains(UInt8(ascii: " ")) {
                findings.warning(
                    at: node.position, path(of: key), found: "a program with a blank in its name",
                    wanted: "a list such as [/usr/bin/logger, -t, engarde] for a program with arguments")
            }
            return [scalar.text]
        }
        var words: [String] = []
        for (item, path) in list(key, wanted: wanted) {
            guard let word = findings.text(of: item, path, wanted: "text"), isWithoutZero(word, at: item, path) else {
                return []
            }
            if words.isEmpty, word.isEmpty {
                findings.error(at: item.position, path, found: "an empty text", wanted: "the path of a program")
                return []
            }
            words.append(word)
        }
        return words
    }

    private func isWithoutZero(_ text: String, at node: YAMLNode, _ path: KeyPathText) -> Bool {
        guard text.utf8.contains(0) else { return true }
        findings.error(at: node.position, path, found: "text with a zero byte", wanted: "text without one")
        return false
    }
}
