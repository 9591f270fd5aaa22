// SPDX-License-Identifier: GPL-2.0-or-later

internal import CBench
internal import Histogram

/// One direction of load with the memory it counts in, used again for every measurement.
final class Flow {
    /// Datagrams a measurement may send before later ones can no longer be told apart.
    private static let datagramsMax = 1 << 26
    private static let delaysMax = 1 << 23

    private let seen = UnsafeMutablePointer<UInt64>.allocate(capacity: datagramsMax / 64)
    private let delays = UnsafeMutablePointer<UInt32>.allocate(capacity: delaysMax)
    var state = cbench_flow()

    init() {
        state.seen = seen
        state.seen_bits = UInt64(Self.datagramsMax)
        state.delays = delays
        state.delays_capacity = UInt64(Self.delaysMax)
    }

    deinit {
        seen.deallocate()
        delays.deallocate()
    }

    /// Since the mark.
    var sent: UInt64 { state.next - state.marked }
    /// Since the beginning.
    var sentInAll: UInt64 { state.next - state.first }

    /// The delays of first copies, nanoseconds.
    func histogram() -> Histogram<UInt64> {
        var histogram = Histogram<UInt64>(
            highestTrackableValue: UInt64(UInt32.max), numberOfSignificantValueDigits: .three)
        for index in 0..<Int(state.delay_count) { histogram.record(UInt64(delays[index])) }
        return histogram
    }

    /// Runs several on the calling thread; see `cbench_run`.
    static func run(_ flows: [Flow], seconds: Double, sends: Bool = true, sleeps: Bool = false) {
        var states = flows.map(\.state)
        cbench_run(&states, states.count, Int64(seconds * 1e9), sends, sleeps)
        for (flow, state) in zip(flows, states) { flow.state = state }
    }

    static func mark(_ flows: [Flow]) { for flow in flows { cbench_flow_mark(&flow.state) } }

    static func begin(_ flows: [Flow]) { for flow in flows { cbench_flow_begin(&flow.state) } }
}
