// SPDX-License-Identifier: GPL-2.0-or-later

import Dispatch
import Glibc
import Links
import Support
import Synchronization
import Testing

/// Keeps what a monitor reports, with the time.
final class Recorder: Sendable {
    struct Report {
        var change: LinkChange
        var at: DispatchTime
    }

    private let reports = Mutex<[Report]>([])
    private let arrived = DispatchSemaphore(value: 0)

    func record(_ change: LinkChange) {
        let report = Report(change: change, at: .now())
        reports.withLock { $0.append(report) }
        arrived.signal()
    }

    var all: [Report] { reports.withLock { $0 } }

    /// Waits for a report, after the first `skipped`, that satisfies the condition.
    func first(
        after skipped: Int = 0, _ what: Comment, sourceLocation: SourceLocation = #_sourceLocation,
        where condition: (LinkChange) -> Bool
    ) throws -> Report {
        let deadline = DispatchTime.now() + Patience.seconds
        while true {
            if let report = all.dropFirst(skipped).first(where: { condition($0.change) }) { return report }
            try #require(arrived.wait(timeout: deadline) == .success, what, sourceLocation: sourceLocation)
        }
    }
}
