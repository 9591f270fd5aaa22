// SPDX-License-Identifier: GPL-2.0-or-later

@testable import Control
import Testing

@Suite struct FailureReportTests {
    struct Step: Sendable {
        var count: UInt64
        var at: Int64
        var line: FailureReport.Line?

        init(_ count: UInt64, at: Int64, _ line: FailureReport.Line? = nil) {
            self.count = count
            self.at = at
            self.line = line
        }
    }

    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var steps: [Step]

        init(_ name: String, _ steps: Step...) {
            testDescription = name
            self.steps = steps
        }
    }

    @Test(arguments: [
        Case("all is well", Step(0, at: 0), Step(0, at: 100)),
        Case("one failure", Step(1, at: 5, .began(count: 1)), Step(1, at: 14), Step(1, at: 15, .ended(count: 1)),
            Step(1, at: 100)),
        Case("it goes on for two seconds", Step(3, at: 5, .began(count: 3)), Step(5, at: 6), Step(6, at: 7),
            Step(6, at: 16), Step(6, at: 17, .ended(count: 6))),
        Case("it goes on for minutes", Step(1, at: 0, .began(count: 1)), Step(20, at: 30), Step(50, at: 59),
            Step(60, at: 60, .goesOn(count: 59, seconds: 60)), Step(70, at: 65), Step(75, at: 74),
            Step(80, at: 83), Step(90, at: 92), Step(99, at: 101), Step(100, at: 110), Step(101, at: 119),
            Step(102, at: 125, .goesOn(count: 42, seconds: 65)), Step(102, at: 135, .ended(count: 102))),
        Case("again after it was over", Step(2, at: 0, .began(count: 2)), Step(2, at: 10, .ended(count: 2)),
            Step(5, at: 11, .began(count: 3)), Step(5, at: 21, .ended(count: 3))),
        Case("a count that starts anew", Step(9, at: 0, .began(count: 9)), Step(4, at: 1, .began(count: 4)),
            Step(4, at: 11, .ended(count: 4))),
        Case("a new count of zero is quiet", Step(9, at: 0, .began(count: 9)), Step(0, at: 1), Step(0, at: 50)),
        Case("over, though a line would be due", Step(1, at: 0, .began(count: 1)), Step(2, at: 55),
            Step(2, at: 65, .ended(count: 2))),
        Case("rare failures are one story", Step(1, at: 0, .began(count: 1)), Step(2, at: 9), Step(3, at: 18),
            Step(4, at: 27), Step(4, at: 37, .ended(count: 4))),
    ])
    func lines(_ test: Case) {
        var report = FailureReport()
        for (index, step) in test.steps.enumerated() {
            #expect(report.update(step.count, at: step.at) == step.line, "step \(index)")
        }
    }

    /// Whatever the counts: few lines, and the sum of what was told is the sum of what happened.
    @Test("A failure every second for an hour is told in about sixty lines")
    func hour() {
        var report = FailureReport()
        var lines: [FailureReport.Line] = []
        for second in 0..<3_600 as Range<Int64> {
            if let line = report.update(UInt64(second + 1) * 1_000, at: second) { lines.append(line) }
        }
        for second in 3_600..<3_620 as Range<Int64> {
            if let line = report.update(3_600_000, at: second) { lines.append(line) }
        }
        #expect(lines.count == 62)
        #expect(lines.first == .began(count: 1_000))
        #expect(lines.last == .ended(count: 3_600_000))
        var told: UInt64 = 1_000
        for case .goesOn(let count, seconds: 60) in lines { told += count }
        #expect(told == 3_600_000)
    }
}
