// SPDX-License-Identifier: GPL-2.0-or-later

@testable import Settings
import Testing

@Suite struct LimitTests {
    /// A file whose deepest value stands at `depth`, counted from the outermost mapping at 1.
    private func nested(_ depth: Int) -> String {
        let lists = depth - 3
        return clientSection(
            "x: " + String(repeating: "[", count: lists) + "a" + String(repeating: "]", count: lists))
    }

    @Test func nestingIsBounded() {
        #expect(readClient(nested(YAMLTreeBuilder.depthMax)).value != nil)
        #expect(
            readClient(nested(YAMLTreeBuilder.depthMax + 1)).lines == [
                "engarde.yml:4:68: found nesting deeper than 64 levels, wanted a flatter file"
            ])
    }

    @Test(arguments: ["[", "{", "- ", "? ", "a: [", "{a: ", "&a [", "!!seq ["])
    func anAvalancheOfOpenings(opening: String) {
        let reading = readClient(String(repeating: opening, count: 200_000 / opening.utf8.count))
        #expect(reading.value == nil)
        #expect(reading.diagnostics.count == 1)
    }

    @Test func manyValues() {
        let body = "excludedInterfaces: [" + String(repeating: "a,", count: 90_000) + "a]"
        #expect(readClient(clientSection(body)).value?.excludedInterfaces.names.count == 90_001)
        let more = "excludedInterfaces: [" + String(repeating: "a,", count: YAMLTreeBuilder.valuesMax) + "a]"
        #expect(
            readClient(clientSection(more)).diagnostics.map(\.found) == [
                "more than 100000 values, aliases unfolded"
            ])
    }

    @Test func nestedAliasesAreCounted() {
        let laughs = (1...30).map { level in
            "l\(level): &l\(level) [" + String(repeating: "*l\(level - 1), ", count: 9) + "]\n"
        }
        let reading = readClient("l0: &l0 lol\n" + laughs.joined())
        #expect(reading.diagnostics.map(\.found) == ["more than 100000 values, aliases unfolded"])
    }

    @Test func aChainOfAliasesNestsNoDeeperThanTheStackBears() {
        let chain = (1...2000).map { "a\($0): &a\($0) [*a\($0 - 1)]\n" }.joined()
        let reading = readClient("a0: &a0 x\n" + chain)
        #expect(reading.diagnostics.map(\.found) == ["more than 100000 values, aliases unfolded"])
        let shorter = (1...280).map { "a\($0): &a\($0) {password: *a\($0 - 1)}\n" }.joined()
        #expect(readClient("a0: &a0 x\n" + shorter + clientSection("")).value != nil)
    }

    @Test func longText() throws {
        let long = String(repeating: "x", count: 500_000)
        #expect(readClient(clientSection("description: \(long)")).value?.description == long)
        let diagnostic = try #require(readClient(clientSection("engine: \(long)")).diagnostics.first)
        #expect(diagnostic.description.utf8.count < 300)
    }

    @Test func manyDuplicates() {
        let body = (0..<500).map { _ in "x: 1" }.joined(separator: "\n")
        let reading = readClient(clientSection(body))
        #expect(reading.value == nil)
        #expect(reading.errors.count == YAMLTreeBuilder.duplicatesMax)
    }
}
