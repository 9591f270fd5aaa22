// SPDX-License-Identifier: GPL-2.0-or-later

/// Waits that double up to a limit.
struct Backoff {
    private let range: ClosedRange<Double>
    private var seconds: Double

    init(_ range: ClosedRange<Double>) {
        self.range = range
        seconds = range.lowerBound
    }

    mutating func next() -> Duration {
        defer { seconds = min(seconds * 2, range.upperBound) }
        return .seconds(seconds)
    }

    mutating func reset() { seconds = range.lowerBound }
}
