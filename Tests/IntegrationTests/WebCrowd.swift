// SPDX-License-Identifier: GPL-2.0-or-later

import Glibc
import Support
import Synchronization

/// Clients of the API, each asking again as soon as it was answered.
final class WebCrowd: Sendable {
    private struct State {
        var running = 0
        var answered = 0
        var failed = 0
        var isStopping = false
    }

    private let state = Mutex(State())

    /// - Parameter isIdle: they compute only what no other program wants to, as if on machines of their own.
    init(clients: Int, at namespace: Namespace, isIdle: Bool = false) {
        state.withLock { $0.running = clients }
        for index in 0..<clients {
            startThread("client \(index)") { [self] in
                var priority = sched_param()
                if isIdle { sched_setscheduler(0, SCHED_IDLE, &priority) }
                var turn = index
                while !state.withLock({ $0.isStopping }) {
                    let path = turn % 2 == 0 ? "/api/v1/get-list" : "/api/v2/status"
                    let answer = try? httpGet(path, port: Engarde.webPort, in: namespace)
                    state.withLock { if answer == nil { $0.failed += 1 } else { $0.answered += 1 } }
                    turn += 1
                }
                state.withLock { $0.running -= 1 }
            }
        }
    }

    var answered: Int { state.withLock { $0.answered } }

    /// Waits until all have left, and says how often they were answered and how often not.
    func stop() -> (answered: Int, failed: Int) {
        state.withLock { $0.isStopping = true }
        _ = Monotonic.wait { state.withLock { $0.running } == 0 }
        return state.withLock { ($0.answered, $0.failed) }
    }
}
