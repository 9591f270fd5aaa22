// SPDX-License-Identifier: GPL-2.0-or-later

import Testing

/// The files and functions that `Documentation/Architecture.md` names exist.
@Suite struct ArchitectureTests {
    private static let page = Repository.files.first { $0.path == "Documentation/Architecture.md" }

    @Test func filesExist() throws {
        let names = Set(Repository.files.map(\.name))
        let named = try #require(Self.page).lines.flatMap(\.codeInText).filter { $0.hasSuffix(".swift") }
        #expect(!named.isEmpty)
        for name in named { #expect(names.contains(name.split(separator: "/").last ?? ""), "\(name)") }
    }

    @Test func functionsAreWhereItSays() throws {
        var count = 0
        var isTable = false
        for line in try #require(Self.page).lines {
            isTable = line == "| Step | File | Functions |" || isTable && line.hasPrefix("|")
            let cells = line.split(separator: "|").map(\.codeInText)
            guard isTable, cells.count == 3, let name = cells[1].first else { continue }
            let files = Repository.swiftFiles.filter { $0.name == name && $0.path.hasPrefix("Sources/") }
            let declared = Set(files.flatMap(\.functions))
            for function in cells[2] where function.hasSuffix("()") {
                count += 1
                #expect(declared.contains(String(function.dropLast(2))), "\(name): \(function)")
            }
        }
        #expect(count > 0)
    }
}

extension SourceFile {
    fileprivate var name: Substring { path.split(separator: "/").last ?? "" }

    /// The names of the functions it declares, without their arguments.
    fileprivate var functions: [String] {
        code.compactMap { line in
            let words = line.identifiers
            guard let position = words.firstIndex(of: "func"), position + 1 < words.count else { return nil }
            return words[position + 1]
        }
    }
}

extension Substring {
    /// The parts between backticks.
    fileprivate var codeInText: [Substring] {
        split(separator: "`", omittingEmptySubsequences: false).enumerated().filter { $0.offset % 2 == 1 }
            .map(\.element)
    }
}
