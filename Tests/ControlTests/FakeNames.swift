// SPDX-License-Identifier: GPL-2.0-or-later

import Control
import Dispatch
import Sockets
import Support
import Synchronization

/// A name service that answers what it is told to, and hangs where it is told to.
final class FakeNames: Sendable {
    struct State {
        var answers: [String: [IPAddress.Family: NameAnswer]] = [:]
        var hanging: Set<String> = []
        var queries: [String] = []
        var underWay: [String: Int] = [:]
        var underWayMax = 0
    }

    let state = Mutex(State())
    private let released = DispatchSemaphore(value: 0)
    let changed = Signal()

    func answer(_ host: String, v4: NameAnswer = .none, v6: NameAnswer = .none) {
        state.withLock { $0.answers[host] = [.v4: v4, .v6: v6] }
    }

    func hang(_ host: String) { state.withLock { _ = $0.hanging.insert(host) } }

    /// Lets the queries of both families go on.
    func release(_ host: String) {
        state.withLock { _ = $0.hanging.remove(host) }
        released.signal()
        released.signal()
    }

    func count(_ host: String) -> Int { state.withLock { $0.queries.filter { $0 == host }.count } }

    func lookup(_ host: String, _ family: IPAddress.Family) -> NameAnswer {
        let key = "\(host) \(family)"
        let hangs = state.withLock { state in
            state.queries.append(host)
            state.underWay[key, default: 0] += 1
            state.underWayMax = max(state.underWayMax, state.underWay[key]!)
            return state.hanging.contains(host)
        }
        changed.raise()
        if hangs { released.wait() }
        return state.withLock { state in
            state.underWay[key]! -= 1
            return state.answers[host]?[family] ?? .failed("no server")
        }
    }
}

/// Wakes who waits for a condition whenever something may have made it true.
final class Signal: Sendable {
    private let semaphore = DispatchSemaphore(value: 0)

    func raise() { semaphore.signal() }

    /// False when the condition has not come true for ``Patience``.
    func wait(until condition: () -> Bool) -> Bool {
        let deadline = DispatchTime.now() + Patience.seconds
        while !condition() {
            if semaphore.wait(timeout: deadline) == .timedOut { return condition() }
        }
        return true
    }
}
