// SPDX-License-Identifier: GPL-2.0-or-later

/// Rows of text in columns as wide as their widest cell.
struct TextTable {
    private var rows: [[String]]

    init(_ header: [String]) { rows = [header] }

    mutating func add(_ row: [String]) { rows.append(row) }

    /// Without blanks at the end of a line.
    var lines: [String] {
        let columns = rows[0].indices
        let widths = columns.map { column in rows.map { $0[column].count }.max()! }
        return rows.map { row in
            var line = columns.map { row[$0] + String(repeating: " ", count: widths[$0] - row[$0].count) }
                .joined(separator: "  ")
            while line.last == " " { line.removeLast() }
            return line
        }
    }
}
