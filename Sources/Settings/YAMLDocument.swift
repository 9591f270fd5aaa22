// SPDX-License-Identifier: GPL-2.0-or-later

/// The first document of a YAML text, with what is odd about it.
struct YAMLDocument {
    /// A key that stands twice in one mapping.
    struct DuplicateKey {
        var path: KeyPathText
        var first: YAMLPosition
        var second: YAMLPosition
    }

    /// A `<<` whose value cannot be merged.
    struct BadMerge {
        var path: KeyPathText
        var position: YAMLPosition
    }

    /// nil when the text holds comments and blanks only.
    var root: YAMLNode?
    /// In file order; counting stops at ``YAMLTreeBuilder/duplicatesMax``.
    var duplicates: [DuplicateKey] = []
    var badMerges: [BadMerge] = []
    /// Where a second document begins. It is not read.
    var secondDocument: YAMLPosition?
}
