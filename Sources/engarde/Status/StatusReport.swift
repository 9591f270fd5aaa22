// SPDX-License-Identifier: GPL-2.0-or-later

/// What `engarde status` says of one program.
struct StatusReport: Hashable {
    /// How things are, and the command's exit status.
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
}
