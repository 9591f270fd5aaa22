// SPDX-License-Identifier: GPL-2.0-or-later

/// Why a configuration file is not used.
public struct ConfigurationRefusal: Error, Hashable, Sendable, CustomStringConvertible {
    /// In file order: every error found, at least one, and the warnings, which often explain them: a key that
    /// is missing may stand there misspelt. At most 50 of each.
    public var diagnostics: [Diagnostic]

    public init(diagnostics: [Diagnostic]) { self.diagnostics = diagnostics }

    /// One line a diagnostic.
    public var description: String { diagnostics.map(\.description).joined(separator: "\n") }
}
