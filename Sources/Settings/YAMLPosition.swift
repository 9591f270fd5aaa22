// SPDX-License-Identifier: GPL-2.0-or-later

/// A place in the file: line and column from 1, the column in characters.
struct YAMLPosition: Hashable, Comparable, Sendable {
    var line: Int
    var column: Int

    static let start = YAMLPosition(line: 1, column: 1)

    static func < (a: YAMLPosition, b: YAMLPosition) -> Bool { (a.line, a.column) < (b.line, b.column) }
}
