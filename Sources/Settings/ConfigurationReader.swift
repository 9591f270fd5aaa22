// SPDX-License-Identifier: GPL-2.0-or-later

/// Reads a program's configuration from a YAML file.
///
/// One file may hold both a `client` and a `server` section. Each program reads its own; of the other one
/// only what makes the file no valid YAML matters, keys given twice included.
public enum ConfigurationReader {
    /// The `client` section of a file. Throws every error found in it, an unreadable file included.
    public static func client(file: String) throws(ConfigurationRefusal) -> Loaded<ClientConfiguration> {
        try client(ConfigurationText(reading: file))
    }

    /// The `client` section of a text; `file` is its name in diagnostics.
    public static func client(text: String, file: String) throws(ConfigurationRefusal) -> Loaded<
        ClientConfiguration
    > {
        try client(ConfigurationText(file: file, bytes: Array(text.utf8)))
    }

    /// The `client` section of what was read before.
    public static func client(_ text: ConfigurationText) throws(ConfigurationRefusal) -> Loaded<ClientConfiguration> {
        try section(.client, of: text) { ClientConfiguration($0) }
    }

    /// The `server` section of a file. Throws every error found in it, an unreadable file included.
    public static func server(file: String) throws(ConfigurationRefusal) -> Loaded<ServerConfiguration> {
        try server(ConfigurationText(reading: file))
    }

    /// The `server` section of a text; `file` is its name in diagnostics.
    public static func server(text: String, file: String) throws(ConfigurationRefusal) -> Loaded<
        ServerConfiguration
    > {
        try server(ConfigurationText(file: file, bytes: Array(text.utf8)))
    }

    /// The `server` section of what was read before.
    public static func server(_ text: ConfigurationText) throws(ConfigurationRefusal) -> Loaded<ServerConfiguration> {
        try section(.server, of: text) { ServerConfiguration($0) }
    }

    private static func section<Key: KnownKey, Value: Sendable>(
        _ key: SectionKey, of text: ConfigurationText, decode: (SectionReader<Key>) -> Value?
    ) throws(ConfigurationRefusal) -> Loaded<Value> {
        let document = try text.document()
        let findings = Findings(file: text.file, redaction: Redaction(document.root))
        findings.report(oddities: document)
        let value = Self.reader(for: key, of: document.root, findings: findings).flatMap(decode)
        guard let value, findings.errors.isEmpty else {
            throw ConfigurationRefusal(diagnostics: findings.all)
        }
        return Loaded(value: value, warnings: findings.warningsInFileOrder)
    }

    private static func reader<Key: KnownKey>(
        for key: SectionKey, of root: YAMLNode?, findings: Findings
    ) -> SectionReader<Key>? {
        let wanted = "a \(key.rawValue) section with listenAddr and dstAddr"
        let top = KeyPathText()
        guard let root, !root.isNull else {
            findings.error(at: root?.position ?? .start, top, found: "an empty file", wanted: wanted)
            return nil
        }
        guard case .mapping(let sections) = root.content else {
            findings.error(at: root.position, top, found: findings.kind(of: root), wanted: wanted)
            return nil
        }
        let file = SectionReader<SectionKey>(sections, at: root.position, path: top, findings: findings)
        guard let section = file.node(key) else {
            file.reportMissing(key, wanted: wanted)
            return nil
        }
        guard let entries = file.mapping(key, wanted: wanted) else { return nil }
        let place = sections.first { $0.name == key.rawValue }?.key.position ?? section.position
        return SectionReader<Key>(entries, at: place, path: file.path(of: key), findings: findings)
    }
}

extension Findings {
    fileprivate func report(oddities document: YAMLDocument) {
        for key in document.duplicates {
            error(
                at: key.second, key.path, found: "the key a second time",
                wanted: "it once; the first is at \(key.first.line):\(key.first.column)")
        }
        for merge in document.badMerges {
            error(
                at: merge.position, merge.path, found: "something that cannot be merged",
                wanted: "a mapping or a list of mappings")
        }
        if let place = document.secondDocument {
            warning(
                at: place, KeyPathText(), found: "a second document, which is not read",
                wanted: "both sections in one document")
        }
    }
}
