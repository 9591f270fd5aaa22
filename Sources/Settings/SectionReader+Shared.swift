// SPDX-License-Identifier: GPL-2.0-or-later

extension SectionReader {
    /// Any whole number: the originals give 0 and negative ones a meaning, and we have no use for it.
    func writeTimeout(_ key: Key) -> Int? {
        number(key, in: Int.min...Int.max, wanted: "a whole number of milliseconds")
    }

    /// nil when it is absent, wrong, or what the files of other engardes say there.
    func trafficProtocol(_ key: Key) -> TrafficProtocol? {
        if let node = node(key), case .scalar(let scalar) = node.content, scalar.text == "udp" {
            findings.warning(
                at: node.position, path(of: key), found: "\"udp\", which goes without saying",
                wanted: "one of \(TrafficProtocol.allCases.map(\.rawValue).joined(separator: ", "))")
            return nil
        }
        return word(key, as: TrafficProtocol.self)
    }

    /// nil when it is absent, wrong, or off: an empty `listenAddr` turns it off.
    func webManager(_ key: Key) -> WebManagerConfiguration? {
        guard let node = node(key),
            let entries = mapping(key, wanted: "listenAddr, username and password below it")
        else { return nil }
        let section = SectionReader<WebManagerKey>(
            entries, at: node.position, path: path(of: key), isNearPassword: true, findings: findings)
        let username = section.text(.username) ?? ""
        let password = section.text(.password) ?? ""
        let passwordFile = section.filePath(.passwordFile)
        if let node = section.node(.passwordFile), !passwordFile.isEmpty, !password.isEmpty {
            findings.error(
                at: node.position, section.path(of: .passwordFile), found: "a password beside it",
                wanted: "one of the two")
        }
        let publicHosts = section.hosts(.publicHost)
        if case .scalar(let scalar)? = section.node(.listenAddr)?.content, scalar.text.isEmpty { return nil }
        guard let listenAddress = section.hostPort(.listenAddr, for: .listening) else { return nil }

        let givenPassword: WebManagerKey? =
            !password.isEmpty ? .password : !passwordFile.isEmpty ? .passwordFile : nil
        if username.isEmpty != (givenPassword == nil) {
            let (given, missing): (WebManagerKey, WebManagerKey) =
                givenPassword.map { ($0, .username) } ?? (.username, .password)
            findings.warning(
                at: section.node(given)?.position ?? section.position, section.path(of: given),
                found: "no \(missing.rawValue) beside it",
                wanted: "both: there is no authentication with one alone")
        }
        var configuration = WebManagerConfiguration(listenAddress: listenAddress)
        configuration.username = username
        configuration.password = password
        configuration.passwordFile = passwordFile
        configuration.publicHosts = publicHosts
        return configuration
    }

    /// Hosts as a browser shows them, one or a list; none when absent or wrong.
    func hosts(_ key: Key) -> [String] {
        let wanted = "a host as the browser shows it, such as van.example or van.example:8443, or a list of them"
        guard let node = node(key) else { return [] }
        var items = [(node: node, path: path(of: key))]
        if case .sequence = node.content { items = list(key, wanted: wanted) }
        return items.compactMap { item, path in
            guard let text = findings.text(of: item, path, wanted: wanted) else { return nil }
            if !text.isEmpty && !text.utf8.contains(where: { $0 <= 0x20 || $0 == 0x7f || $0 == UInt8(ascii: "/") }) {
                return text
            }
            findings.error(at: item.position, path, found: quoted(text), wanted: wanted)
            return nil
        }
    }

    /// Everything off when it is absent.
    func tuning(_ key: Key) -> TuningConfiguration {
        var tuning = TuningConfiguration()
        guard let node = node(key),
            let entries = mapping(key, wanted: "processor, busyPollMicroseconds and submissionThread below it")
        else { return tuning }
        let section = SectionReader<TuningKey>(
            entries, at: node.position, path: path(of: key), isNearPassword: false, findings: findings)
        tuning.processor = section.number(.processor, in: 0...1023, wanted: "a processor's number from 0")
        tuning.busyPollMicroseconds = section.number(
            .busyPollMicroseconds, in: 1...100_000, wanted: "a whole number of microseconds from 1 to 100000")
        tuning.submissionThread = section.word(.submissionThread, as: Switch.self) == .on
        return tuning
    }
}

/// A boolean, as YAML spells it.
private enum Switch: String, CaseIterable {
    case on = "true"
    case off = "false"
}
