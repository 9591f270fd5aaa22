// SPDX-License-Identifier: GPL-2.0-or-later

import Testing

/// The form of each source file: its licence, its size, the width of its lines.
@Suite struct FormTests {
    private static let columnsMax = 120
    private static let linesMax = 400
    /// Lines of what is longer yet. No figure may grow, and none may be added.
    private static let longFiles = [
        "Tests/Machines/run": 457,
        "Tests/SettingsTests/DiagnosticTests.swift": 416,
        "Tests/WebManagerTests/Page/browser.py": 438,
        "Tests/WebManagerTests/Page/mock.py": 470,
    ]

    @Test func licenceStandsFirst() {
        for file in Repository.files where file.kind != .markdown {
            let first = file.lines.first ?? ""
            // What has to be the first line of such a file.
            let isTaken = first.hasPrefix("#!") || first.hasPrefix("// swift-tools-version") || first.hasPrefix("<!")
            let line = file.lines.dropFirst(isTaken ? 1 : 0).first ?? ""
            #expect(line.contains("SPDX-License-Identifier: GPL-2.0-or-later"), "\(file.path)")
        }
    }

    @Test func filesAreShort() {
        for file in Repository.files where file.kind != .markdown {
            let most = Self.longFiles[file.path] ?? Self.linesMax
            #expect(file.lines.count <= most, "\(file.path)")
        }
    }

    @Test func linesAreNarrow() {
        for file in Repository.files where [.swift, .c, .shell].contains(file.kind) {
            let wide = file.lines.indices.filter { file.lines[$0].unicodeScalars.count > Self.columnsMax }
            #expect(wide.count <= wideLines[file.path] ?? 0, "\(file.path), lines \(wide.map { $0 + 1 })")
        }
    }
}
