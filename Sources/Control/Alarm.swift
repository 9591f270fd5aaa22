// SPDX-License-Identifier: GPL-2.0-or-later

internal import Dispatch

/// A timer that rings once for each time it is set, and costs nothing before it is first set.
///
/// `@unchecked Sendable`: the owner calls `set` and `cancel` under its own lock.
final class Alarm: @unchecked Sendable {
    private let queue: DispatchQueue
    private let ring: @Sendable () -> Void
    private var timer: (any DispatchSourceTimer)?
    private var time: UInt64?

    /// - Parameter ring: called on `queue`.
    init(queue: DispatchQueue, ring: @escaping @Sendable () -> Void) {
        self.queue = queue
        self.ring = ring
    }

    deinit { timer?.cancel() }

    /// Rings at `time` (uptime in nanoseconds) instead of when it was set to before; never when nil. It may
    /// be a tenth of the wait late, so that the kernel can join wake-ups.
    func set(_ time: UInt64?) {
        guard time != self.time else { return }
        self.time = time
        guard let time else {
            timer?.schedule(deadline: .distantFuture)
            return
        }
        let now = DispatchTime.now().uptimeNanoseconds
        let wait = time > now ? time - now : 0
        let leeway = DispatchTimeInterval.nanoseconds(Int(wait / 10))
        let deadline = DispatchTime(uptimeNanoseconds: time)
        if let timer { return timer.schedule(deadline: deadline, leeway: leeway) }
        let timer = DispatchSource.makeTimerSource(queue: queue)
        timer.schedule(deadline: deadline, leeway: leeway)
        timer.setEventHandler(handler: ring)
        timer.activate()
        self.timer = timer
    }

    /// To be called when it has rung: the same time may be set again.
    func hasRung() { time = nil }

    func cancel() {
        timer?.cancel()
        timer = nil
    }
}
