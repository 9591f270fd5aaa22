// SPDX-License-Identifier: GPL-2.0-or-later

extension ServerConfiguration {
    /// nil when an address is missing or wrong; the findings say so.
    init?(_ section: SectionReader<ServerKey>) {
        let listenAddress = section.requiredHostPort(.listenAddr, for: .listening)
        let destination = section.requiredHostPort(.dstAddr, for: .destination)
        if let node = section.node(.dstAddr), let host = destination?.host {
            section.refuseLinkLocal(host, at: node.position, section.path(of: .dstAddr), wanted: "127.0.0.1:51820")
        }
        // Everything else is read in any case, so that all its errors are told too.
        let description = section.text(.description)
        let writeTimeout = section.writeTimeout(.writeTimeout)
        // Seconds in 32 bits are 68 years, and safe to turn into nanoseconds.
        let clientTimeout = section.number(
            .clientTimeout, in: 0...Int(Int32.max),
            wanted: "a whole number of seconds from 0 (meaning 30) to \(Int32.max)")
        let maxPaths = section.number(
            .maxPaths, in: 1...Self.pathsLimit, wanted: "a whole number of paths from 1 to \(Self.pathsLimit)")
        let maxSessions = section.number(
            .maxSessions, in: 1...1024, wanted: "a whole number of sessions from 1 to 1024")
        let maxPathsPerSession = section.number(
            .maxPathsPerSession, in: 1...32, wanted: "a whole number of paths from 1 to 32")
        let wireguardPublicKey = section.publicKey(.wireguardPublicKey)
        let trafficProtocol = section.trafficProtocol(.protocol)
        if trafficProtocol == .opaque { Self.warnOfSettingsWithoutEffect(section) }
        let onLinkChange = section.command(.onLinkChange)
        let webManager = section.webManager(.webManager)
        let controlSocket = section.controlSocket(.controlSocket)
        let tuning = section.tuning(.tuning)
        let engine = section.word(.engine, as: EngineChoice.self)
        let logLevel = section.word(.logLevel, as: LogLevel.self)
        guard let listenAddress, let destination else { return nil }

        self.init(listenAddress: listenAddress, destination: destination)
        self.description = description ?? self.description
        self.writeTimeoutMilliseconds = writeTimeout
        if let clientTimeout, clientTimeout != 0 { self.clientTimeoutSeconds = clientTimeout }
        if let maxPaths { self.maxPaths = maxPaths }
        self.maxSessions = maxSessions ?? self.maxSessions
        self.maxPathsPerSession = maxPathsPerSession ?? self.maxPathsPerSession
        self.wireguardPublicKey = wireguardPublicKey
        self.trafficProtocol = trafficProtocol ?? self.trafficProtocol
        self.onLinkChange = onLinkChange
        self.webManager = webManager
        self.controlSocket = controlSocket
        self.engine = engine ?? self.engine
        self.tuning = tuning
        self.logLevel = logLevel ?? self.logLevel
    }

    /// Who sets a key and has nothing checked against it should know.
    private static func warnOfSettingsWithoutEffect(_ section: SectionReader<ServerKey>) {
        for key in [ServerKey.maxSessions, .maxPathsPerSession, .wireguardPublicKey] {
            guard let node = section.node(key) else { continue }
            section.findings.warning(
                at: node.position, section.path(of: key), found: "a setting without effect beside protocol: opaque",
                wanted: "protocol: wireguard with it")
        }
    }
}
