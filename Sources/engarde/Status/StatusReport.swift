// SPDX-License-Identifier: GPL-2.0-or-later

import Status

/// The lines and the exit status of `engarde status` for one program.
struct StatusReport: Hashable {
    /// A summary for scripts, by the command's exit status.
    enum Verdict: Int32, Comparable {
        /// Every link that ought to carry does.
        case good = 0
        /// Nothing gets through.
        case down = 1
        /// The tunnel is up, over fewer links than it should be.
        case fewer = 3

        /// Worse is greater.
        static func < (left: Verdict, right: Verdict) -> Bool { left.badness < right.badness }

        private var badness: Int {
            switch self {
            case .good: 0
            case .fewer: 1
            case .down: 2
            }
        }
    }

    var verdict: Verdict
    var lines: [String]
    /// The links in the order of the table's rows, for a key to name one.
    var links: [String] = []

    /// The headings of ``cells(_:seconds:_:reason:)``.
    static let cellHeadings = ["STATE", "LOSS 1m", "BEHIND", "WINS", "RATE ↑ ↓", "SINCE", "REASON"]

    /// The part of a row that links and paths have in common.
    ///
    /// - Parameter seconds: time in that state.
    static func cells(_ state: CarryingState, seconds: Double, _ quality: QualityWindows, reason: String) -> [String] {
        let (minute, now) = (quality.lastMinute, quality.last10Seconds)
        return [
            state.rawValue, Words.percent(minute.lossPercent, digits: 1),
            Words.milliseconds(minute.delayP50Milliseconds), Words.percent(minute.winPercent),
            Words.rates(now.sentBitsPerSecond, now.receivedBitsPerSecond), Words.age(seconds), reason,
        ]
    }
}
