// SPDX-License-Identifier: GPL-2.0-or-later

import Testing

@testable import Control

@Suite struct CommandReportTests {
    @Test func saysLittle() {
        var report = CommandReport()
        let begin = ContinuousClock.now
        func say(_ outcome: CommandReport.Outcome, after seconds: Int) -> CommandReport.Line? {
            report.update(outcome, at: begin + .seconds(seconds))
        }
        #expect(say(.succeeded, after: 0) == nil)
        #expect(say(.failed("a"), after: 1) == .failed("a"))
        #expect(say(.failed("a"), after: 500) == nil)
        #expect(say(.failed("b"), after: 501) == .failed("b"))
        #expect(say(.failed("a"), after: 502) == nil)
        #expect(say(.succeeded, after: 503) == .recovered)
        #expect(say(.succeeded, after: 504) == nil)
        #expect(say(.failed("b"), after: 505) == nil)
        #expect(say(.succeeded, after: 506) == nil)
        #expect(say(.failed("b"), after: 561) == .failed("b"))
    }
}
