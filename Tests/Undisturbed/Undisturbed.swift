// SPDX-License-Identifier: GPL-2.0-or-later

import Support
import Synchronization
public import Testing

/// What measures, measured again when the machine itself stood still meanwhile: what fails then is weather, and is
/// printed. What fails on a machine that ran all the time fails at once, and a third attempt counts in any case.
public struct Undisturbed: TestTrait, SuiteTrait, TestScoping {
    static let attemptsMax = 3
    /// Shorter than what any of these tests holds against a program.
    static let stallMilliseconds = 15.0
    static let stolenMilliseconds = 40

    public var isRecursive: Bool { true }

    public func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        for attempt in 1...Self.attemptsMax {
            let watch = StallWatch()
            let excused = Atomic(false)
            try await withKnownIssue(isIntermittent: true) {
                try await function()
            } matching: { _ in
                let (longest, stolen) = watch.stalls
                guard attempt < Self.attemptsMax,
                    longest > Self.stallMilliseconds || stolen > Self.stolenMilliseconds
                else { return false }
                print(
                    """
                    \(test.name), attempt \(attempt): failed on a machine that stood still for \(fixed(longest)) ms \
                    and was robbed of \(stolen) ms; once more
                    """)
                excused.store(true, ordering: .relaxed)
                return true
            }
            if !excused.load(ordering: .relaxed) { return }
        }
    }
}

extension Trait where Self == Undisturbed {
    /// A test that fails while the machine stands still runs again.
    public static var undisturbed: Self { Undisturbed() }
}
