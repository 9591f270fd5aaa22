// SPDX-License-Identifier: GPL-2.0-or-later

extension SectionReader {
    /// Any whole number: the originals give 0 and negative ones a meaning, and we have no use for it.
    func writeTimeout(_ key: Key) -> Int? {
        number(key, in: Int.min...Int.max, wanted: "a whole number of milliseconds")
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
        if case .scalar(let scalar)? = section.node(.listenAddr)?.content, scalar.text.isEmpty { return nil }
        guard let listenAddress = section.hostPort(.listenAddr, for: .listening) else { return nil }

        if username.isEmpty != password.isEmpty {
            let (given, missing): (WebManagerKey, WebManagerKey) =
                password.isEmpty ? (.username, .password) : (.password, .username)
            findings.warning(
                at: section.node(given)?.position ?? section.position, section.path(of: given),
                found: "no \(missing.rawValue) beside it",
                wanted: "both: there is no authentication with one alone")
        }
        var configuration = WebManagerConfiguration(listenAddress: listenAddress)
        configuration.username = username
        configuration.password = password
        return configuration
    }
}
