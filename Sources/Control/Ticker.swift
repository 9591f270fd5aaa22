// SPDX-License-Identifier: GPL-2.0-or-later

internal import DataPlane
internal import Dispatch

/// Calls a handler once a second while something goes on, and not at all while nothing does: an idle program should
/// let the machine sleep. ``wake()`` starts it again.
final class Ticker {
    private let timer: any DispatchSourceTimer
    private let dataPlane: DataPlane
    private var packetsSeen: UInt64 = 0
    private var isResting = false

    /// - Parameters:
    ///   - queue: where the handler is called, and the only place to use the ticker from.
    ///   - handler: says whether there is something the next second may change, traffic apart.
    init(queue: DispatchQueue, dataPlane: DataPlane, handler: @escaping () -> Bool) {
        self.dataPlane = dataPlane
        timer = DispatchSource.makeTimerSource(queue: queue)
        timer.setEventHandler { [unowned self] in
            if handler() || hasTraffic() { schedule() } else { rest() }
        }
        timer.activate()
        schedule()
    }

    /// Ticks again a second from now if it rests. To be called when ``Event/traffic`` comes, too.
    func wake() {
        if isResting { schedule() }
        isResting = false
    }

    func stop() { timer.cancel() }

    private func schedule() { timer.schedule(deadline: .now() + 1, leeway: .milliseconds(200)) }

    /// Returns true when the data plane has received something since the last call.
    private func hasTraffic() -> Bool {
        let packets = dataPlane.counters.value(.packets)
        defer { packetsSeen = packets }
        return packets != packetsSeen
    }

    /// Rests until ``Event/traffic`` comes, which the data plane posts at once when it has received more by then.
    private func rest() {
        isResting = true
        dataPlane.mailbox.post(.awaitTraffic(since: packetsSeen))
    }
}
