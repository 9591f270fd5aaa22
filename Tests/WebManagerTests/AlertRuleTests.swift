// SPDX-License-Identifier: GPL-2.0-or-later

import Glibc
import Status
import Support
import Testing

@testable import Settings

/// Tests of the alert rules for Prometheus.
@Suite struct AlertRuleTests {
    private static let folder =
        #filePath.split(separator: "/").dropLast(3).reduce("") { "\($0)/\($1)" } + "/packaging/prometheus"

    /// `promtool`, of Debian's prometheus, where it is to be had.
    @Test(.enabled(if: MetricsTests.promtool != nil, "there is no promtool in PATH"))
    func eachFiresInItsCaseAlone() throws {
        try run([MetricsTests.promtool!, "check", "rules", "\(Self.folder)/engarde.rules.yml"])
        try run([MetricsTests.promtool!, "test", "rules", "\(Self.folder)/engarde.rules.test.yml"])
    }

    /// Checks without promtool that each alert has a test case in which it fires.
    @Test func eachHasItsCase() throws {
        let rules = try Self.rules().compactMap { $0["alert"]?.text }
        #expect(
            Set(rules) == [
                "TunnelDown", "LinkSilent", "LinkDegraded", "RedundancyLost", "OnlyOneLink", "EngardeAbsent", "Restarts",
            ])
        let cases = readText("\(Self.folder)/engarde.rules.test.yml")
        for rule in rules { #expect(cases.contains("alertname: \(rule)\n        exp_alerts:"), "\(rule)") }
    }

    /// Checks that the rules use existing metrics only.
    @Test func metricsExist() async throws {
        let known = await MetricsTests.names()
        let rules = try Self.rules()
        var count = 0
        for rule in rules {
            let expression = try #require(rule["expr"]?.text)
            // What other rules record has a colon in its name.
            let names = expression.split { !($0.isLetter || $0.isNumber || $0 == "_" || $0 == ":") }
                .filter { $0.hasPrefix("engarde_") }
            for name in names { #expect(known.contains(String(name)), "\(name)") }
            count += names.count
        }
        #expect(rules.count == 8 && count > 8)
    }

    /// Checks that the rules use existing states only.
    @Test func statesExist() throws {
        let states = CarryingState.allCases.map(\.rawValue)
        let selector = try Regex("state=~?\"([^\"]*)\"", as: (Substring, Substring).self)
        var count = 0
        for expression in try Self.rules().compactMap({ $0["expr"]?.text }) {
            for word in expression.matches(of: selector).flatMap({ $0.1.split(separator: "|") }) {
                #expect(states.contains(String(word)), "\(word)")
                count += 1
            }
        }
        #expect(count > 5)
    }

    private static func rules() throws -> [YAMLNode] {
        let bytes = Array(readText("\(folder)/engarde.rules.yml").utf8)
        let root = try #require(try YAMLTreeBuilder.parse(bytes).root)
        return root["groups"]?.elements?.first?["rules"]?.elements ?? []
    }
}
