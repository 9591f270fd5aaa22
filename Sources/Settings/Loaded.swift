// SPDX-License-Identifier: GPL-2.0-or-later

/// A configuration that can be used, and what is odd about its file.
public struct Loaded<Value: Sendable>: Sendable {
    public var value: Value
    /// In file order.
    public var warnings: [Diagnostic]

    public init(value: Value, warnings: [Diagnostic]) {
        self.value = value
        self.warnings = warnings
    }
}
