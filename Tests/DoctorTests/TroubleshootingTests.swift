// SPDX-License-Identifier: GPL-2.0-or-later

import Doctor
import Host
import Testing

@Suite struct TroubleshootingTests {
    /// The page has a section for each name, and for none that there is not.
    @Test func everyNameIsExplained() throws {
        let root = #filePath.split(separator: "/").dropLast(3).map { "/\($0)" }.joined()
        let page = try #require(try Files().read("\(root)/Documentation/Troubleshooting.md"))
        let sections = page.split(separator: "\n").filter { $0.hasPrefix("## ") }.map { String($0.dropFirst(3)) }
        #expect(sections.sorted() == Doctor.names.sorted())
    }
}
