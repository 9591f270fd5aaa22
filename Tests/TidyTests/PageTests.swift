// SPDX-License-Identifier: GPL-2.0-or-later

import Testing

/// The README and every page of the documentation.
@Suite struct PageTests {
    private static let pages = Repository.files.filter {
        $0.path == "README.md" || $0.path.hasPrefix("Documentation/") && $0.kind == .markdown
    }

    @Test func linksLeadSomewhere() {
        #expect(Self.pages.count > 1)
        for page in Self.pages {
            let folder = page.path.split(separator: "/").dropLast().map { "\($0)/" }.joined()
            for target in page.links where !Repository.exists(folder + target) {
                Issue.record("\(page.path): \(target)")
            }
        }
    }

    @Test func everyPageIsInTheReadme() throws {
        let readme = try #require(Self.pages.first { $0.path == "README.md" })
        for page in Self.pages where page.path != readme.path {
            #expect(readme.links.contains(page.path), "\(page.path)")
        }
    }
}

extension SourceFile {
    /// The files that a page's links lead to.
    var links: [String] {
        lines.flatMap { line in line.split(separator: "](", omittingEmptySubsequences: false).dropFirst() }
            .map { String($0.prefix { $0 != ")" && $0 != "#" }) }
            .filter { !$0.isEmpty && !$0.contains("://") }
    }
}
