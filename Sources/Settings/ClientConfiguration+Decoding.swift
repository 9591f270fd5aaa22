// SPDX-License-Identifier: GPL-2.0-or-later

internal import Sockets

extension ClientConfiguration {
    /// nil when an address is missing or wrong; the findings say so.
    init?(_ section: SectionReader<ClientKey>) {
        let listenAddress = section.requiredHostPort(.listenAddr, for: .listening)
        let destination = section.requiredHostPort(.dstAddr, for: .destination)
        if let place = section.node(.dstAddr)?.position, let destination {
            section.warnOfOddDestination(destination, at: place, section.path(of: .dstAddr))
        }
        // Everything else is read in any case, so that all its errors are told too.
        let overrides = Self.overrides(section)
        let labels = Self.labels(section)
        let excluded = Self.excludedInterfaces(section)
        let sources = Self.allowedSources(section)
        let description = section.text(.description)
        let writeTimeout = section.writeTimeout(.writeTimeout)
        let trafficProtocol = section.trafficProtocol(.protocol)
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
        self.excludedInterfaces = excluded
        self.interfaceLabels = labels
        self.destinationOverrides = overrides
        self.allowedSources = sources
        self.trafficProtocol = trafficProtocol ?? self.trafficProtocol
        self.onLinkChange = onLinkChange
        self.webManager = webManager
        self.controlSocket = controlSocket
        self.engine = engine ?? self.engine
        self.tuning = tuning
        self.logLevel = logLevel ?? self.logLevel
    }

    private static func excludedInterfaces(_ section: SectionReader<ClientKey>) -> ExcludedInterfaces {
        let names = interfaces(section, .excludedInterfaces) { text, position, path in
            if !text.isEmpty, text.allSatisfy({ $0 == "*" }) {
                section.findings.warning(
                    at: position, path, found: "a pattern that excludes every interface",
                    wanted: "names of those that are no links")
            }
        }
        let allBut = interfaces(section, .includedInterfaces) { _, _, _ in }
        if let node = section.node(.includedInterfaces), case .sequence(let items) = node.content,
            items.allSatisfy(\.isNull)
        {
            section.findings.warning(
                at: node.position, section.path(of: .includedInterfaces),
                found: "an empty list, which includes every interface",
                wanted: "names of those that are links, or no such key")
        }
        return ExcludedInterfaces(names, allBut: allBut)
    }

    /// - Parameter check: looks for what else is odd about an entry.
    private static func interfaces(
        _ section: SectionReader<ClientKey>, _ key: ClientKey, _ check: (String, YAMLPosition, KeyPathText) -> Void
    ) -> [String] {
        section.list(key, wanted: "a list of interface names such as [eth0, \"veth*\"]").compactMap { node, path in
            guard let text = section.findings.text(of: node, path, wanted: "an interface name") else { return nil }
            section.warnOfOddName(text, at: node.position, path, takesPatterns: true)
            check(text, node.position, path)
            return text
        }
    }

    private static func labels(_ section: SectionReader<ClientKey>) -> [String: String] {
        let entries = section.mapping(
            .interfaceLabels, wanted: "interface names with their labels, such as eth0: DSL")
        var labels: [String: String] = [:]
        for entry in entries ?? [] where !entry.value.isNull {
            guard let name = entry.name else {
                section.findings.error(
                    at: entry.key.position, section.path(of: .interfaceLabels),
                    found: "a key that is not text",
                    wanted: "an interface name")
                continue
            }
            let path = section.path(of: .interfaceLabels).appending(.foreign(name))
            section.warnOfOddName(name, at: entry.key.position, path, takesPatterns: false)
            guard let label = section.findings.text(of: entry.value, path, wanted: "text"),
                labels[name] == nil
            else {
                continue
            }
            labels[name] = label
        }
        return labels
    }

    private static func overrides(_ section: SectionReader<ClientKey>) -> [DestinationOverride] {
        var overrides: [DestinationOverride] = []
        for (node, path) in section.list(.dstOverrides, wanted: "a list of entries with ifName and dstAddr") {
            guard case .mapping(let entries) = node.content else {
                section.findings.error(
                    at: node.position, path, found: section.findings.kind(of: node),
                    wanted: "an entry with ifName and dstAddr")
                continue
            }
            let entry = SectionReader<OverrideKey>(
                entries, at: node.position, path: path, findings: section.findings)
            if entry.node(.ifName) == nil { entry.reportMissing(.ifName, wanted: "an interface name") }
            let name = entry.text(.ifName)
            let destination = entry.requiredHostPort(.dstAddr, for: .destination)
            if let place = entry.node(.dstAddr)?.position, let destination {
                section.warnOfOddDestination(destination, at: place, entry.path(of: .dstAddr), isOverride: true)
            }
            guard let name, let destination else { continue }
            section.warnOfOddName(
                name, at: entry.node(.ifName)?.position ?? node.position, entry.path(of: .ifName), takesPatterns: true)
            // A pattern is shadowed by its own text, and a name by every pattern that it matches.
            if let first = overrides.first(where: { $0.matches(name) }) {
                section.findings.warning(
                    at: node.position, path.appending(.known("ifName")),
                    found: first.interface == name
                        ? "a second override for the same interface"
                        : "an override behind \(section.quoted(first.interface)), which matches it too",
                    wanted: "one only: the first is used")
            }
            overrides.append(DestinationOverride(interface: name, destination: destination))
        }
        return overrides
    }

    private static func allowedSources(_ section: SectionReader<ClientKey>) -> [AddressPrefix] {
        section.list(
            .allowedSources, wanted: "a list of addresses such as [192.0.2.0/24, \"2001:db8::1\"] or [any]"
        )
        .flatMap { node, path -> [AddressPrefix] in
            let wanted = "an address or a prefix such as 192.0.2.0/24 or 2001:db8::/32, or any"
            guard let text = section.findings.text(of: node, path, wanted: wanted) else { return [] }
            if text == "any" { return [.allV4, .allV6] }
            if let prefix = AddressPrefix(text) { return [prefix] }
            section.findings.error(
                at: node.position, path, found: section.findings.redaction.quoted(text), wanted: wanted)
            return []
        }
    }
}
