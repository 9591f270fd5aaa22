// SPDX-License-Identifier: GPL-2.0-or-later

/// Reads the values of one mapping by key. Whatever is wrong goes to the findings and reads as absent.
struct SectionReader<Key: KnownKey> {
    let path: KeyPathText
    let position: YAMLPosition
    let findings: Findings
    /// The mapping holds a password: nothing in it is repeated that is not surely something else.
    let isNearPassword: Bool
    private var nodes: [Key: YAMLNode] = [:]

    /// Warns about the keys that are none of `Key`. Explicit nulls are left out, and of a key given twice the
    /// first is taken: the second is an error already.
    init(
        _ entries: [YAMLEntry], at position: YAMLPosition, path: KeyPathText, isNearPassword: Bool = false,
        findings: Findings
    ) {
        self.path = path
        self.position = position
        self.findings = findings
        self.isNearPassword = isNearPassword
        for entry in entries {
            guard let name = entry.name, let key = Key(rawValue: name) else {
                warnOfUnknownKey(entry)
                continue
            }
            if nodes[key] == nil { nodes[key] = entry.value }
        }
        // Only now: a null hides the value that a merge brings along.
        nodes = nodes.filter { !$0.value.isNull }
    }

    func path(of key: Key) -> KeyPathText { path.appending(.known(key.rawValue)) }

    func node(_ key: Key) -> YAMLNode? { nodes[key] }

    /// Reports a key that has to be there and is not, at the place of its mapping.
    func reportMissing(_ key: Key, wanted: String) {
        findings.error(at: position, path(of: key), found: "nothing", wanted: wanted)
    }

    /// The value's text. Numbers and booleans are taken as they are written.
    func text(_ key: Key) -> String? {
        guard let node = nodes[key] else { return nil }
        return findings.text(of: node, path(of: key), wanted: "text")
    }

    /// - Parameter wanted: what the number is, with its unit and `range`.
    func number(_ key: Key, in range: ClosedRange<Int>, wanted: String) -> Int? {
        guard let node = nodes[key], let text = findings.text(of: node, path(of: key), wanted: wanted) else {
            return nil
        }
        guard let number = WholeNumber.parse(text), range.contains(number) else {
            findings.error(at: node.position, path(of: key), found: quoted(text), wanted: wanted)
            return nil
        }
        return number
    }

    /// One of the words of `Word`, written exactly as they are.
    func word<Word: RawRepresentable<String> & CaseIterable>(_ key: Key, as: Word.Type) -> Word? {
        let words = Word.allCases.map(\.rawValue)
        let wanted = "one of \(words.joined(separator: ", "))"
        guard let node = nodes[key], let text = findings.text(of: node, path(of: key), wanted: wanted) else {
            return nil
        }
        if let word = Word(rawValue: text) { return word }
        findings.error(
            at: node.position, path(of: key), found: quoted(text), wanted: wanted,
            suggestion: Suggestion.nearest(to: text, among: words))
        return nil
    }

    func hostPort(_ key: Key, for role: HostPort.Role) -> HostPort? {
        guard let node = nodes[key], let text = findings.text(of: node, path(of: key), wanted: role.example)
        else {
            return nil
        }
        do throws(HostPort.Fault) {
            let address = try HostPort(parsing: text, role: role)
            if role == .listening {
                refuseLinkLocal(address.host, at: node.position, path(of: key), wanted: ":\(address.port)")
            }
            return address
        } catch {
            findings.error(at: node.position, path(of: key), found: quoted(text), wanted: error.wanted)
            return nil
        }
    }

    /// As ``hostPort(_:for:)`` for a key that has to be there.
    func requiredHostPort(_ key: Key, for role: HostPort.Role) -> HostPort? {
        if nodes[key] == nil { reportMissing(key, wanted: role.example) }
        return hostPort(key, for: role)
    }

    /// The entries of a list with their paths, nulls left out.
    func list(_ key: Key, wanted: String) -> [(node: YAMLNode, path: KeyPathText)] {
        guard let node = nodes[key] else { return [] }
        guard case .sequence(let items) = node.content else {
            findings.error(at: node.position, path(of: key), found: findings.kind(of: node), wanted: wanted)
            return []
        }
        return items.enumerated().compactMap { index, item in
            item.isNull ? nil : (item, path(of: key).appending(.index(index)))
        }
    }

    /// The entries of a mapping; nil when it is absent or no mapping.
    func mapping(_ key: Key, wanted: String) -> [YAMLEntry]? {
        guard let node = nodes[key] else { return nil }
        guard case .mapping(let entries) = node.content else {
            findings.error(at: node.position, path(of: key), found: findings.kind(of: node), wanted: wanted)
            return nil
        }
        return entries
    }

    func quoted(_ text: String) -> String {
        isNearPassword ? findings.redaction.quotedNearPassword(text) : findings.redaction.quoted(text)
    }

    private func warnOfUnknownKey(_ entry: YAMLEntry) {
        guard let name = entry.name else {
            findings.warning(
                at: entry.key.position, path, found: "a key that is not text",
                wanted: "one of \(Key.names.joined(separator: ", "))")
            return
        }
        let home = KeyHomes.places(for: name)
        findings.warning(
            at: entry.key.position, path.appending(.foreign(name)),
            found: home.map { "a key that belongs under \($0)" } ?? "an unknown key",
            wanted: "one of \(Key.names.joined(separator: ", "))",
            suggestion: home == nil ? Suggestion.nearest(to: name, among: Key.names) : nil)
    }
}

extension Findings {
    /// What a node is, without its value: that may be a password which has lost its key.
    func kind(of node: YAMLNode) -> String {
        switch node.content {
        case .scalar: "a single value"
        case .sequence: "a list"
        case .mapping: "a mapping"
        }
    }

    /// The text of a single value; a list or a mapping is an error.
    func text(of node: YAMLNode, _ path: KeyPathText, wanted: String) -> String? {
        if case .scalar(let scalar) = node.content { return scalar.text }
        error(at: node.position, path, found: kind(of: node), wanted: wanted)
        return nil
    }
}
