// SPDX-License-Identifier: GPL-2.0-or-later

/// A single value as the file gives it; what type it has is decided by who reads it.
struct YAMLScalar: Hashable, Sendable {
    var text: String
    /// Written without quotes and without a tag that makes it text, so `null` means nothing at all.
    var isPlain: Bool

    /// The ways YAML 1.1 and 1.2 write "no value", an absent one included.
    var isNull: Bool { isPlain && ["", "~", "null", "Null", "NULL"].contains(text) }
}
