// SPDX-License-Identifier: GPL-2.0-or-later

internal import Dispatch

/// Calls a handler about once a second while something goes on, and seldom while nothing does: an idle program
/// should let the machine sleep.
final class Ticker {
    private static let busySeconds = 1
    private static let idleSeconds = 5

    private let timer: any DispatchSourceTimer

    /// - Parameters:
    ///   - queue: where the handler is called.
    ///   - handler: says whether anything goes on.
    init(queue: DispatchQueue, handler: @escaping () -> Bool) {
        let timer = DispatchSource.makeTimerSource(queue: queue)
        self.timer = timer
        Self.schedule(timer, seconds: Self.busySeconds)
        // The timer holds the handler and the handler the timer until ``stop()`` cancels it.
        timer.setEventHandler {
            Self.schedule(timer, seconds: handler() ? Self.busySeconds : Self.idleSeconds)
        }
        timer.activate()
    }

    func stop() { timer.cancel() }

    private static func schedule(_ timer: any DispatchSourceTimer, seconds: Int) {
        timer.schedule(deadline: .now() + .seconds(seconds), leeway: .milliseconds(200))
    }
}
