// SPDX-License-Identifier: GPL-2.0-or-later

import Dispatch
import Glibc
import Synchronization

/// What must be undone however this process ends: by itself, by an error, or by SIGINT, SIGTERM and SIGHUP.
///
/// Only SIGKILL escapes; ``Leftovers`` of the next run sees to that.
public enum Cleanup {
    private struct State {
        var next = 0
        var actions: [(token: Int, run: @Sendable () -> Void)] = []
        var closed = false
    }

    private static let state = Mutex(State())

    /// The signal sources live as long as the process; made on first use, and never touched again.
    private nonisolated(unsafe) static let sources: [any DispatchSourceSignal] = [SIGINT, SIGTERM, SIGHUP].map { number in
        signal(number, SIG_IGN)
        let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
        source.setEventHandler {
            runAll()
            // The shell that waits for us is told the truth about why we ended.
            signal(number, SIG_DFL)
            kill(getpid(), number)
        }
        source.resume()
        return source
    }

    /// Makes the signals run what is registered. Idempotent.
    public static func handleSignals() { _ = sources }

    /// Registers an action; the newest runs first. Once ``runAll()`` has begun this never returns, so that a run
    /// that is being ended builds nothing new.
    public static func register(_ run: @escaping @Sendable () -> Void) -> Int {
        let token: Int? = state.withLock {
            if $0.closed { return nil }
            $0.next += 1
            $0.actions.append(($0.next, run))
            return $0.next
        }
        guard let token else { while true { pause() } }
        return token
    }

    /// Forgets an action whose work was done another way.
    public static func unregister(_ token: Int) {
        state.withLock { state in state.actions.removeAll { $0.token == token } }
    }

    /// Runs every registered action once.
    public static func runAll() {
        while true {
            let action = state.withLock {
                $0.closed = true
                return $0.actions.popLast()
            }
            guard let action else { return }
            action.run()
        }
    }
}
