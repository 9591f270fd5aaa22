// SPDX-License-Identifier: GPL-2.0-or-later

/// A value of the file with the place where it starts.
///
/// What an alias stands for keeps the place of its anchor: that is where a wrong value has to be put right.
struct YAMLNode: Hashable, Sendable {
    enum Content: Hashable, Sendable {
        case scalar(YAMLScalar)
        case sequence([YAMLNode])
        /// In file order, merged entries last. A key that is there twice has its first value.
        case mapping([YAMLEntry])
    }

    var position: YAMLPosition
    var content: Content

    var isNull: Bool {
        if case .scalar(let scalar) = content { scalar.isNull } else { false }
    }
}

/// A key and its value.
struct YAMLEntry: Hashable, Sendable {
    var key: YAMLNode
    var value: YAMLNode

    /// The key's text; nil for a key that is a list or a mapping.
    var name: String? {
        if case .scalar(let scalar) = key.content { scalar.text } else { nil }
    }
}
