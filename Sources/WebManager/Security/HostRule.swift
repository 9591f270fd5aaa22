// SPDX-License-Identifier: GPL-2.0-or-later

internal import Sockets

/// The values of `Host` that are accepted, against DNS rebinding.
///
/// In that attack the name of a foreign page is made to resolve to this machine, and its requests carry that name.
/// Addresses and `localhost` cannot be rebound. With authentication every name is accepted, because a browser sends the
/// password only to the name it was entered for.
enum HostRule: Sendable {
    case any
    case addressesAnd(name: String, publicHosts: PublicHosts)

    init(_ settings: WebSettings, isAuthenticated: Bool) {
        self =
            isAuthenticated
            ? .any
            : .addressesAnd(name: settings.listenHost.lowercased(), publicHosts: PublicHosts(settings.publicHosts))
    }

    /// Returns true when requests to a host are accepted.
    ///
    /// - Parameter authority: the value of the `Host` header.
    func allows(_ authority: String) -> Bool {
        guard let host = Self.host(of: authority) else { return false }
        switch self {
        case .any: return true
        case .addressesAnd(let name, let publicHosts):
            return host == "localhost" || host == name || IPAddress(host) != nil
                || publicHosts.contains(authority.lowercased())
        }
    }

    /// Returns the host without port and brackets, in lower case; nil when the authority is invalid.
    static func host(of authority: String) -> String? {
        var rest = authority.lowercased()[...]
        var host: Substring
        if rest.first == "[" {
            guard let end = rest.firstIndex(of: "]") else { return nil }
            host = rest[rest.index(after: rest.startIndex)..<end]
            rest = rest[rest.index(after: end)...]
            guard IPAddress(host)?.family == .v6 else { return nil }
        } else {
            host = rest.prefix { $0 != ":" }
            rest = rest.dropFirst(host.count)
            if host.hasSuffix(".") { host.removeLast() }
        }
        guard !host.isEmpty, rest.isEmpty || isPort(rest) else { return nil }
        return String(host)
    }

    private static func isPort(_ text: Substring) -> Bool {
        text.first == ":" && text.utf8.count <= 6 && text.utf8.dropFirst().allSatisfy { (0x30...0x39).contains($0) }
    }
}

/// The names by which browsers reach the page through a proxy: `webManager.publicHost`.
struct PublicHosts: Sendable {
    /// The names in lower case, with or without a port.
    private let names: [String]

    init(_ names: [String]) { self.names = names.map { $0.lowercased() } }

    /// Returns true when an authority is one of the names. A name without a port matches every port.
    ///
    /// - Parameter authority: host and optional port as in `Host` and `Origin`, in lower case.
    func contains(_ authority: String) -> Bool {
        names.contains(authority) || HostRule.host(of: authority).map(names.contains) == true
    }
}
