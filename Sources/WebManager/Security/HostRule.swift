// SPDX-License-Identifier: GPL-2.0-or-later

internal import Sockets

/// Which names this program may be called by.
///
/// A page of the attacker's whose name suddenly resolves to 127.0.0.1 (DNS rebinding) talks to us under that name.
/// Addresses cannot be rebound, nor can `localhost`. With authentication on any name is fine: the browser sends
/// a password only to the name it was typed in for, and who has it needs no trick.
enum HostRule: Sendable {
    case any
    case addressesAnd(name: String, publicHosts: PublicHosts)

    init(_ settings: WebSettings, isAuthenticated: Bool) {
        self =
            isAuthenticated
            ? .any
            : .addressesAnd(name: settings.listenHost.lowercased(), publicHosts: PublicHosts(settings.publicHosts))
    }

    /// - Parameter authority: the `Host` header's value.
    func allows(_ authority: String) -> Bool {
        guard let host = Self.host(of: authority) else { return false }
        switch self {
        case .any: return true
        case .addressesAnd(let name, let publicHosts):
            return host == "localhost" || host == name || IPAddress(host) != nil
                || publicHosts.contains(authority.lowercased())
        }
    }

    /// Without port and brackets; nil when it is none.
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
