// SPDX-License-Identifier: GPL-2.0-or-later

import Support
import Synchronization
public import Testing

/// A test that measures time, which says nothing where others take the processors: it runs in `make test-timing` only.
///
/// Its name has "Timing" in it, by which `make test-timing` finds it. It is printed how quiet the machine was
/// meanwhile, and what fails on a machine that was not is measured again; the third attempt counts in any case.
public struct Timing: TestTrait, SuiteTrait, TestScoping {
    static let attemptsMax = 3
    /// Shorter than what any of these tests holds against a program.
    static let stallMilliseconds = 15.0
    static let stolenMilliseconds = 40
    /// Of all processors' time, what other programs may take of a quiet machine.
    static let othersPercent = 10.0

    /// Whether this run is to measure: `make test-timing` says so in the environment.
    public static let isWanted = Environment.value("ENGARDE_TIMING") != nil

    public var isRecursive: Bool { true }

    public func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        for attempt in 1...Self.attemptsMax {
            let watch = StallWatch()
            let others = OtherWork()
            let isExcused = Atomic(false)
            try await withKnownIssue(isIntermittent: true) {
                try await function()
            } matching: { _ in
                let (longest, stolen) = watch.stalls
                let isQuiet =
                    longest <= Self.stallMilliseconds && stolen <= Self.stolenMilliseconds
                    && others.percent <= Self.othersPercent
                guard attempt < Self.attemptsMax, !isQuiet else { return false }
                isExcused.store(true, ordering: .relaxed)
                return true
            }
            let (longest, stolen) = watch.stalls
            print(
                """
                \(test.name), attempt \(attempt)\(isExcused.load(ordering: .relaxed) ? " failed" : ""): other programs \
                took \(fixed(others.percent)) % of the processors, the machine stood still for \(fixed(longest)) ms \
                at most, and its host took \(stolen) ms
                """)
            if !isExcused.load(ordering: .relaxed) { return }
        }
    }
}

extension Trait where Self == Timing {
    /// Goes with ``Testing/Trait/onlyWhenTiming``.
    public static var timing: Self { Timing() }
}

extension Trait where Self == ConditionTrait {
    /// Skips a test unless ``Timing/isWanted``.
    public static var onlyWhenTiming: Self {
        .enabled(if: Timing.isWanted, "measures time: make test-timing")
    }
}
