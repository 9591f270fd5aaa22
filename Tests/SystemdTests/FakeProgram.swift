// SPDX-License-Identifier: GPL-2.0-or-later

import Status
import Support
import Synchronization

/// A program whose start and whose loop wait as long as a test wants.
final class FakeProgram: SupervisedProgram {
    struct State {
        var hasStarted = true
        var isHung = false
        /// Turns that were asked for and have not come.
        var missing = 0
        var line = "1/1 link"
        var handlers: [@Sendable () -> Void] = []
    }

    let state = Mutex(State())

    func hasStarted() async -> Bool { state.withLock { $0.hasStarted } }

    func turn() async throws {
        state.withLock { $0.missing += 1 }
        defer { state.withLock { $0.missing -= 1 } }
        while state.withLock({ $0.isHung }) { try await Task.sleep(for: .milliseconds(1)) }
    }

    /// Waits until somebody waits for a turn that does not come; false when nobody does.
    func isWaitedFor() async -> Bool {
        for _ in 0..<(Patience.milliseconds / 5) {
            if state.withLock({ $0.isHung && $0.missing > 0 }) { return true }
            try? await Task.sleep(for: .milliseconds(5))
        }
        return false
    }

    func change(to line: String) {
        let handlers = state.withLock { state in
            state.line = line
            return state.handlers
        }
        for handler in handlers { handler() }
    }
}
