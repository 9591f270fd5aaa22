// SPDX-License-Identifier: GPL-2.0-or-later

/// Turns what became of each run of a command into few log lines: one when it fails in a new way, at most one a
/// minute, and one when it works again.
struct CommandReport {
    /// Between two lines about failures.
    static let pause: Duration = .seconds(60)

    enum Outcome: Hashable {
        case succeeded
        /// In words that go after the program's name.
        case failed(String)
    }

    enum Line: Hashable {
        case failed(String)
        case recovered
    }

    /// The failure last told of, while it goes on.
    private var told: String?
    private var toldAt: ContinuousClock.Instant?

    init() {}

    /// What to say about a run that is over now.
    mutating func update(_ outcome: Outcome, at now: ContinuousClock.Instant) -> Line? {
        switch outcome {
        case .succeeded:
            defer { told = nil }
            return told == nil ? nil : .recovered
        case .failed(let words):
            if words == told { return nil }
            if let toldAt, now - toldAt < Self.pause { return nil }
            told = words
            toldAt = now
            return .failed(words)
        }
    }
}
