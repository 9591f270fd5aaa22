// SPDX-License-Identifier: GPL-2.0-or-later

internal import CShims.Socket
internal import Sockets

/// The seam between an engine and a relay, as data: what arrived, and what is to leave.
///
///     engine ──► arrivals ──► relay ──► departures ──► engine
///                   │                      │
///                   └── bytes stay put ◄── runs are views into them
///
/// All memory is allocated by `init`. The engine may reuse the receive buffers only when the departures that view
/// them have been sent.
@safe
struct Batch: ~Copyable {
    let arrivals: UnsafeMutablePointer<Arrival>
    var arrivalCount = 0
    /// The first arrival the relay has not decided yet.
    var cursor = 0

    let runs: UnsafeMutablePointer<Run>
    var runCount = 0
    let departures: UnsafeMutablePointer<Departure>
    var departureCount = 0

    /// Client: WireGuard to links. Server: paths to upstream.
    var uplink = Lane()
    /// Client: links to WireGuard. Server: upstream to paths.
    var downlink = Lane()
    /// Server: to paths that are judged datagram by datagram, so that they do not break the others' runs.
    var single = Lane()

    init() {
        unsafe arrivals = .allocate(capacity: Limits.arrivals)
        unsafe runs = .allocate(capacity: Limits.runs)
        unsafe departures = .allocate(capacity: Limits.departures)
    }

    deinit {
        unsafe arrivals.deallocate()
        unsafe runs.deallocate()
        unsafe departures.deallocate()
    }

    /// Whether an arrival with `segments` segments could be sent to `targets` targets now.
    ///
    /// - Parameter singles: runs of one segment for one target that it may begin besides.
    @_noLocks
    func hasRoom(segments: Int, targets: Int, singles: Int = 0) -> Bool {
        runCount + Limits.runsPerArrival + singles <= Limits.runs
            && departureCount + Limits.runsPerArrival * targets + singles <= Limits.departures
            && uplink.sliceCount + segments <= Limits.slices && downlink.sliceCount + segments <= Limits.slices
            && single.sliceCount + singles <= Limits.slices
    }

    /// Bytes of all departures.
    var departureBytes: Int {
        @_noLocks get {
            var bytes = 0
            for index in 0..<departureCount { unsafe bytes += runs[Int(departures[index].run)].bytes }
            return bytes
        }
    }

    /// Forgets what has been sent. Arrivals stay.
    @_noLocks
    mutating func clearDepartures() {
        runCount = 0
        departureCount = 0
        uplink.clear()
        downlink.clear()
        single.clear()
    }

    /// Forgets the arrivals, whose buffers go back to the engine.
    @_noLocks
    mutating func clearArrivals() {
        arrivalCount = 0
        cursor = 0
    }

    @_noLocks
    mutating func append(_ arrival: Arrival) {
        precondition(arrivalCount < Limits.arrivals)
        unsafe arrivals[arrivalCount] = arrival
        arrivalCount += 1
    }

    @_noLocks
    mutating func append(_ departure: Departure) {
        precondition(departureCount < Limits.departures)
        unsafe departures[departureCount] = departure
        departureCount += 1
    }

    enum Direction: BitwiseCopyable { case uplink, downlink, single }

    /// What became of a segment put on a lane.
    enum Placement: BitwiseCopyable {
        /// It joined the run whose departures are already there.
        case joined
        /// It began a run with this index, which needs departures.
        case began(run: Int32)
    }

    /// Puts a segment on a lane: behind the open run when it fits, else as the first of a new one.
    ///
    /// The caller ensures room with ``hasRoom(segments:targets:)`` and ends the open run with
    /// ``endRun(_:)`` when the next segment has other targets.
    @_noLocks
    mutating func place(_ segment: iovec, _ direction: Direction) -> Placement {
        switch direction {
        case .uplink: unsafe Self.place(segment, &uplink, runs, &runCount)
        case .downlink: unsafe Self.place(segment, &downlink, runs, &runCount)
        case .single: unsafe Self.place(segment, &single, runs, &runCount)
        }
    }

    @_noLocks
    private static func place(
        _ segment: iovec, _ lane: inout Lane, _ runs: UnsafeMutablePointer<Run>, _ runCount: inout Int
    ) -> Placement {
        if lane.openRun >= 0 {
            let run = unsafe runs + Int(lane.openRun)
            let before = unsafe run.pointee.sliceCount
            if unsafe run.pointee.append(segment) {
                unsafe lane.sliceCount += run.pointee.sliceCount - before
                return .joined
            }
        }
        precondition(runCount < Limits.runs && lane.sliceCount < Limits.slices)
        unsafe runs[runCount] = unsafe Run(first: segment, at: lane.slices + lane.sliceCount)
        lane.sliceCount += 1
        lane.openRun = Int32(truncatingIfNeeded: runCount)
        runCount += 1
        return .began(run: lane.openRun)
    }

    /// The next segment of this direction begins a new run.
    @_noLocks
    mutating func endRun(_ direction: Direction) {
        switch direction {
        case .uplink: uplink.openRun = -1
        case .downlink: downlink.openRun = -1
        case .single: single.openRun = -1
        }
    }
}
