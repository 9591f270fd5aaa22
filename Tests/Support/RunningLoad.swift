// SPDX-License-Identifier: GPL-2.0-or-later

/// A ``UDPLoad`` under way, on a thread of its own; it ends with the last use of this.
public final class RunningLoad: Sendable {
    private struct State {
        var sent = 0
        var refused = 0
        var isStopping = false
        var hasEnded = false
    }

    private let load: UDPLoad
    private let sink: UDPEnd
    private let echo: UDPEnd?
    private let first: UInt64
    private let copies: Int
    private let state = Monitor(State())

    /// Begins to send.
    ///
    /// - Parameter count: datagrams to send; nil sends until ``finish(settle:)``. The others are those of
    ///   ``UDPLoad/run(from:into:seconds:first:echo:copies:settle:meanwhile:)``.
    public init(
        _ load: UDPLoad, from source: UDPEnd, into sink: UDPEnd, first: UInt64 = 0, count: Int? = nil,
        echo: UDPEnd? = nil, copies: Int = 1
    ) {
        (self.load, self.sink, self.echo, self.first, self.copies) = (load, sink, echo, first, copies)
        startThread("load") { [state] in
            Self.send(load, from: source, first: first, count: count ?? .max, heardBy: echo ?? sink, state)
            state.with { $0.hasEnded = true }
        }
    }

    deinit { state.with { $0.isStopping = true } }

    public var sent: Int { state.with { $0.sent } }
    public var hasSentAll: Bool { state.with { $0.hasEnded } }

    /// Ends it, waits for what is under way, and counts.
    public func finish(settle: Double = 0.3) -> UDPReport {
        state.with { $0.isStopping = true }
        while !hasSentAll { Monotonic.sleep(seconds: 0.001) }
        let (sent, refused) = state.with { ($0.sent, $0.refused) }
        if load.window != nil {
            var arrived = LoadProgress(sink, first: first)
            arrived.wait(sent: sent) { $0.arrivals >= sent * copies }
            if let echo {
                var answered = LoadProgress(echo, first: first)
                answered.wait(sent: sent) { $0.arrivals >= sent }
            }
        }
        Monotonic.sleep(seconds: settle)
        return UDPReport(sent: sent, refused: refused, first: first, size: load.size, arrivals: sink.arrivals)
    }

    private static func send(
        _ load: UDPLoad, from source: UDPEnd, first: UInt64, count: Int, heardBy end: UDPEnd, _ state: Monitor<State>
    ) {
        let start = Monotonic.nanoseconds
        let step = 1_000_000_000 * Int64(load.burst) / Int64(load.perSecond)
        var progress = LoadProgress(end, first: first)
        var number = 0
        while number < count, state.with({ !$0.isStopping }) {
            Monotonic.sleep(until: start + Int64(number / load.burst) * step)
            let burst = min(load.burst, count - number)
            if let window = load.window {
                progress.wait(sent: number) { $0.latest + max(window, burst) >= number + burst }
            }
            var refused = 0
            for _ in 0..<burst {
                let bytes = LoadDatagram.make(
                    number: first + UInt64(number), size: load.size, nanoseconds: Monotonic.nanoseconds)
                if !source.send(bytes) { refused += 1 }
                number += 1
            }
            state.with {
                $0.sent = number
                $0.refused += refused
            }
        }
    }
}

/// What an end has heard of a load so far.
struct LoadProgress {
    /// Seconds without any arrival after which what is under way is taken for lost.
    private static let silenceSeconds = 10.0

    private let end: UDPEnd
    private let first: UInt64
    private var seen = 0
    /// Datagrams up to the latest that arrived: those before it are no longer under way, arrived or lost.
    private(set) var latest = 0
    /// Arrivals, copies included.
    private(set) var arrivals = 0

    init(_ end: UDPEnd, first: UInt64) {
        self.end = end
        self.first = first
    }

    /// Waits until `isEnough`, or until nothing has come for so long that what is under way of the `sent` ones is lost.
    mutating func wait(sent: Int, until isEnough: (LoadProgress) -> Bool) {
        look()
        while !isEnough(self) {
            let before = seen
            if !end.wait(seconds: Self.silenceSeconds, until: { $0.count > before }) {
                latest = sent
                return
            }
            look()
        }
    }

    private mutating func look() {
        let fresh = end.arrivals(after: seen)
        seen += fresh.count
        for number in fresh.lazy.compactMap(\.number) where number >= first && number < .max {
            arrivals += 1
            latest = max(latest, Int(number - first) + 1)
        }
    }
}
