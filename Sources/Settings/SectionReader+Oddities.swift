// SPDX-License-Identifier: GPL-2.0-or-later

internal import Sockets

/// What may stand in a file and does not do what its writer expects.
extension SectionReader {
    func warnOfOddName(_ text: String, at position: YAMLPosition, _ path: KeyPathText, takesPatterns: Bool) {
        guard let oddity = InterfaceNameOddity(text, takesPatterns: takesPatterns) else { return }
        findings.warning(
            at: position, path, found: "\(quoted(text)), \(oddity.found)",
            wanted: takesPatterns ? "an interface's name, or a pattern such as \"veth*\"" : "an interface's name",
            suggestion: oddity.suggestion)
    }

    /// Warns of a client's destination that links do not reach.
    ///
    /// - Parameter isOverride: it is for links that are named, and may be on one of them.
    func warnOfOddDestination(
        _ destination: HostPort, at position: YAMLPosition, _ path: KeyPathText, isOverride: Bool = false
    ) {
        let parts = destination.host.split(separator: "%", maxSplits: 1)
        guard let first = parts.first, let ip = IPAddress(first) else { return }
        let found: String
        var wanted = "the server's public address or name"
        if parts.count > 1 {
            found = "an address with a zone, which is not looked at: every link sends over its own interface"
            wanted = "it without the zone, below dstOverrides with the interface as ifName"
        } else if ip.isLinkLocal {
            if isOverride { return }
            found = "a link-local address, which no router passes on: only a server on the link itself has it"
        } else if ip.isUnspecified {
            found = "the address that means every address, and no server"
        } else if ip.isMulticast {
            found = "a multicast or broadcast address, which no server has"
        } else {
            return
        }
        findings.warning(at: position, path, found: "\(quoted("\(destination)")), \(found)", wanted: wanted)
    }

    /// Reports an IPv6 address that means nothing without an interface, which a socket of this program has not.
    func refuseLinkLocal(_ host: String, at position: YAMLPosition, _ path: KeyPathText, wanted: String) {
        let ip = host.split(separator: "%").first.flatMap { IPAddress($0) }
        guard let ip, ip.family == .v6, ip.isLinkLocal else { return }
        findings.error(
            at: position, path,
            found: "\(quoted(host)), a link-local address, which means nothing without an interface",
            wanted: "another address, such as \(wanted)")
    }
}
