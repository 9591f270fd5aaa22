// SPDX-License-Identifier: GPL-2.0-or-later

/// Turns a growing count of failures into few log lines: one when it begins, one with the count while it goes on,
/// one when it is over.
struct FailureReport {
    /// Seconds between two lines while failures go on.
    static let repeatSeconds: Int64 = 60
    /// Seconds without a failure after which it is over.
    static let quietSeconds: Int64 = 10

    enum Line: Hashable {
        case began(count: UInt64)
        case goesOn(count: UInt64, seconds: Int64)
        case ended(count: UInt64)
    }

    private var seen: UInt64 = 0
    /// Count when it began, or nil while all is well.
    private var base: UInt64?
    private var lineAt: Int64 = 0
    private var lineCount: UInt64 = 0
    private var lastGrowth: Int64 = 0

    init() {}

    /// It has begun and not ended.
    var isOpen: Bool { base != nil }

    /// What to say now, given the count so far and the time in seconds. A count below the last one starts afresh.
    mutating func update(_ count: UInt64, at now: Int64) -> Line? {
        if count < seen {
            self = FailureReport()
        }
        let grown = count - seen
        let before = seen
        seen = count
        if grown > 0 {
            lastGrowth = now
            guard base != nil else {
                base = before
                lineAt = now
                lineCount = count
                return .began(count: grown)
            }
        }
        guard let base else { return nil }
        if now - lastGrowth >= Self.quietSeconds {
            self.base = nil
            return .ended(count: count - base)
        }
        if now - lineAt >= Self.repeatSeconds, count > lineCount {
            let line = Line.goesOn(count: count - lineCount, seconds: now - lineAt)
            lineAt = now
            lineCount = count
            return line
        }
        return nil
    }
}
