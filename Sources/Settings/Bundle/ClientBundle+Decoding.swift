// SPDX-License-Identifier: GPL-2.0-or-later

internal import Sockets
internal import WireGuardWire

enum BundleKey: String, KnownKey {
    case version, name, servers, serverPublicKey, presharedKey, privateKey, publicKey, addresses, serverAddresses
    case mtu, dns, checksum
}

/// The reason that a text is not taken for a bundle, in one line.
public struct BundleRefusal: Error, Hashable, CustomStringConvertible {
    public var description: String
}

extension ClientBundle {
    /// Reads a bundle; line ends of other systems, and blank lines behind it, as mail leaves them, do no harm.
    ///
    /// - Parameter file: its name in a refusal.
    /// - Throws: when it is none, of a newer version, torn or changed.
    public init(text given: String, file: String) throws(BundleRefusal) {
        var text = given.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" }.joined(separator: "\n")
        while text.hasSuffix("\n") || text.hasSuffix(" ") { text.removeLast() }
        let version = try Self.version(of: text, file)
        guard version <= Self.version else {
            throw BundleRefusal(
                description: "\(file): a bundle of version \(version), and this engarde reads version \(Self.version): "
                    + "install a newer engarde")
        }
        let body = try Self.checkedBody(of: text, file)
        let loaded: Loaded<ClientBundle>
        do throws(ConfigurationRefusal) {
            loaded = try Self.decoded(Array(body.utf8), file)
        } catch {
            throw BundleRefusal(description: error.description)
        }
        self = loaded.value
    }

    private static func version(of text: String, _ file: String) throws(BundleRefusal) -> Int {
        let key = "version: "
        let line = text.split(separator: "\n").first { $0.hasPrefix(key) }
        guard let line, let version = WholeNumber.parse(String(line.dropFirst(key.count))) else {
            throw BundleRefusal(
                description: "\(file): no client bundle: engarde setup server and engarde client add write one")
        }
        return version
    }

    /// The text before the checksum, which fits it.
    private static func checkedBody(of text: String, _ file: String) throws(BundleRefusal) -> String {
        let last = text.split(separator: "\n").last.map(String.init) ?? ""
        guard last.hasPrefix(checksumKey) else {
            throw BundleRefusal(description: "\(file): the bundle is torn: its last line, the checksum, is missing")
        }
        let body = String(text.dropLast(last.count))
        guard last.dropFirst(checksumKey.count) == checksum(of: body) else {
            throw BundleRefusal(
                description: "\(file): the bundle was changed or damaged: its checksum does not fit; fetch it again")
        }
        return body
    }

    private static func decoded(
        _ bytes: [UInt8], _ file: String
    ) throws(ConfigurationRefusal) -> Loaded<ClientBundle> {
        let document = try ConfigurationText(file: file, bytes: bytes).document()
        let findings = Findings(file: file, redaction: Redaction(document.root))
        var bundle: ClientBundle?
        if let root = document.root, case .mapping(let entries) = root.content {
            bundle = ClientBundle(
                SectionReader<BundleKey>(entries, at: root.position, path: KeyPathText(), findings: findings))
        }
        guard let bundle, findings.errors.isEmpty else { throw ConfigurationRefusal(diagnostics: findings.all) }
        return Loaded(value: bundle, warnings: findings.warningsInFileOrder)
    }

    /// nil when something is missing or wrong; the findings say so.
    init?(_ section: SectionReader<BundleKey>) {
        let name = section.checked(.name, wanted: "a name of letters, digits, dashes, dots and underscores") {
            Self.isName($0) ? $0 : nil
        }
        let servers = section.checkedList(.servers, wanted: HostPort.Role.destination.example) { text in
            do throws(HostPort.Fault) { return try HostPort(parsing: text, role: .destination) } catch { return nil }
        }
        let serverPublicKey = section.key(.serverPublicKey)
        let presharedKey = section.key(.presharedKey)
        let publicKey = section.key(.publicKey)
        let privateKey = section.node(.privateKey) == nil ? nil : section.key(.privateKey)
        let addresses = section.checkedList(.addresses, wanted: "an address with a length, as 10.77.0.2/24") { text in
            AddressPrefix(text) != nil && text.contains("/") ? text : nil
        }
        let serverAddresses = section.checkedList(.serverAddresses, wanted: "an address, as 10.77.0.1") { text in
            IPAddress(text) == nil ? nil : text
        }
        let mtu = section.number(.mtu, in: 1_280...65_535, wanted: "a whole number of bytes from 1280 to 65535")
        let dns = section.checkedList(.dns, wanted: "an address, as 192.0.2.53") { IPAddress($0) == nil ? nil : $0 }
        if servers.isEmpty { section.reportMissing(.servers, wanted: HostPort.Role.destination.example) }
        if addresses.isEmpty { section.reportMissing(.addresses, wanted: "an address with a length") }
        if serverAddresses.isEmpty { section.reportMissing(.serverAddresses, wanted: "an address of the server's") }
        if section.node(.mtu) == nil { section.reportMissing(.mtu, wanted: "a whole number of bytes") }
        guard let name, let serverPublicKey, let presharedKey, let publicKey, let mtu else { return nil }
        self.init(
            name: name, servers: servers, serverPublicKey: serverPublicKey, presharedKey: presharedKey,
            privateKey: privateKey, publicKey: publicKey, addresses: addresses, serverAddresses: serverAddresses,
            mtu: mtu, dns: dns)
    }
}

extension SectionReader {
    /// The text of a key that has to be there, as `check` makes it.
    fileprivate func checked<Value>(_ key: Key, wanted: String, _ check: (String) -> Value?) -> Value? {
        guard let node = node(key) else {
            reportMissing(key, wanted: wanted)
            return nil
        }
        guard let text = text(key) else { return nil }
        let value = check(text)
        if value == nil { findings.error(at: node.position, path(of: key), found: quoted(text), wanted: wanted) }
        return value
    }

    fileprivate func checkedList<Value>(_ key: Key, wanted: String, _ check: (String) -> Value?) -> [Value] {
        list(key, wanted: "a list").compactMap { node, path in
            guard let text = findings.text(of: node, path, wanted: wanted) else { return nil }
            let value = check(text)
            if value == nil { findings.error(at: node.position, path, found: quoted(text), wanted: wanted) }
            return value
        }
    }

    /// A key of WireGuard's that has to be there, as its text.
    fileprivate func key(_ key: Key) -> String? {
        guard node(key) != nil else {
            reportMissing(key, wanted: "a key of WireGuard's")
            return nil
        }
        // The reading of a public key complains of a text that is none.
        return publicKey(key) == nil ? nil : text(key)
    }
}
