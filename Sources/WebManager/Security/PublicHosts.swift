// SPDX-License-Identifier: GPL-2.0-or-later

/// The names by which a proxy is reached that serves our page: `webManager.publicHost`.
struct PublicHosts: Sendable {
    /// In lower case; with a port or without.
    private let names: [String]

    init(_ names: [String]) { self.names = names.map { $0.lowercased() } }

    /// Whether this is one of them, by its name and, where the file gives one, its port.
    ///
    /// - Parameter authority: as `Host` and `Origin` have it, in lower case.
    func contains(_ authority: String) -> Bool {
        names.contains(authority) || HostRule.host(of: authority).map(names.contains) == true
    }
}
