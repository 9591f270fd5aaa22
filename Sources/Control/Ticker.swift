// SPDX-License-Identifier: GPL-2.0-or-later

internal import DataPlane
internal import Dispatch

/// Calls a handler once a second while something goes on, and not at all while nothing does: an idle program should
/// let the machine sleep. The next datagram starts it again.
final class Ticker {
    private let timer: any DispatchSourceTimer
    private let traffic: any DispatchSourceRead
    private let dataPlane: DataPlane
    private var turnsSeen: UInt64 = 0
    private var isResting = false

    /// - Parameters:
    ///   - queue: where the handler is called, and the only place to use the ticker from.
    ///   - handler: says whether there is something the next second may change, traffic apart.
    init(queue: DispatchQueue, dataPlane: DataPlane, handler: @escaping () -> Bool) {
        self.dataPlane = dataPlane
        timer = DispatchSource.makeTimerSource(queue: queue)
        traffic = DispatchSource.makeReadSource(fileDescriptor: dataPlane.doorbell.descriptor, queue: queue)
        timer.setEventHandler { [unowned self] in
            if handler() || hasTraffic() { schedule() } else { rest() }
        }
        traffic.setEventHandler { [unowned self] in
            self.dataPlane.doorbell.answer()
            wake()
        }
        timer.activate()
        traffic.activate()
        schedule()
    }

    /// Ticks again a second from now if it rests.
    func wake() {
        if isResting { schedule() }
        isResting = false
    }

    func stop() {
        timer.cancel()
        traffic.cancel()
    }

    private func schedule() { timer.schedule(deadline: .now() + 1, leeway: .milliseconds(200)) }

    /// Whether the data plane has turned since this was asked last.
    private func hasTraffic() -> Bool {
        let turns = dataPlane.counters.value(.turns)
        defer { turnsSeen = turns }
        return turns != turnsSeen
    }

    private func rest() {
        isResting = true
        dataPlane.doorbell.await()
        // What came between the look at the counter and the request has not rung.
        if hasTraffic() { wake() }
    }
}
