// SPDX-License-Identifier: GPL-2.0-or-later

internal import CShims.Socket

/// Collects the segments that a relay sends on into runs, and the transmits of each.
///
/// A few runs stay open side by side, one a group of targets, so that a run goes on growing while datagrams of the other
/// direction, or of another client, come between its own. Within a group datagrams keep their order.
@safe
struct TransmitQueue: ~Copyable {
    /// A run that may still grow, with slices of its own: those of a run are contiguous, as the kernel wants them.
    @safe
    private struct OpenRun: BitwiseCopyable {
        let slices: UnsafeMutablePointer<iovec>
        /// Slices of the runs before it.
        var sliceCount = 0
        /// The run's index, or -1.
        var run: Int32 = -1
        var targets = TargetSet(group: .min)

        init(slices: UnsafeMutablePointer<iovec>) { unsafe self.slices = unsafe slices }
    }

    private static var openRunCount: Int { @_noLocks get { 4 } }

    private let runs: UnsafeMutablePointer<Run>
    private(set) var runCount = 0
    private let transmits: UnsafeMutablePointer<Transmit>
    private(set) var transmitCount = 0
    private let openRuns: UnsafeMutablePointer<OpenRun>
    /// The open run that grew last.
    private var latest = 0
    /// The most slices that any open run may have used by the time it is full.
    private var mostSlices = Limits.segmentsPerRun
    /// Datagrams the relay makes itself lie here until they are sent.
    private let ownBytes: UnsafeMutableRawPointer
    private var ownByteCount = 0
    let segmentLimit: SegmentLimit

    /// - Parameter segmentLimit: segments one send may carry.
    init(segmentLimit: SegmentLimit = SegmentLimit()) {
        self.segmentLimit = segmentLimit
        unsafe runs = .allocate(capacity: Limits.runs)
        unsafe transmits = .allocate(capacity: Limits.transmits)
        unsafe openRuns = .allocate(capacity: Self.openRunCount)
        unsafe ownBytes = .allocate(byteCount: Limits.ownBytes, alignment: 16)
        for index in 0..<Self.openRunCount {
            let slices = UnsafeMutablePointer<iovec>.allocate(capacity: Limits.slices)
            unsafe slices.initialize(repeating: iovec(), count: Limits.slices)
            unsafe (openRuns + index).initialize(to: OpenRun(slices: slices))
        }
    }

    deinit {
        for index in 0..<Self.openRunCount { unsafe openRuns[index].slices.deallocate() }
        unsafe openRuns.deallocate()
        unsafe runs.deallocate()
        unsafe transmits.deallocate()
        unsafe ownBytes.deallocate()
    }

    // MARK: For relays

    /// Whether so many segments would fit now, in so many runs with so many transmits in all.
    @_noLocks
    func hasRoom(segments: Int, runs: Int, transmits: Int) -> Bool {
        runCount + runs <= Limits.runs && transmitCount + transmits <= Limits.transmits
            && mostSlices + segments <= Limits.slices
    }

    /// Whether a packet would fit all of whose segments go to the same targets.
    @_noLocks
    func hasRoom(for packet: ReceivedPacket, targets: Int) -> Bool {
        hasRoom(
            segments: packet.segmentCount, runs: Limits.runsPerPacket, transmits: Limits.runsPerPacket * targets)
    }

    /// Puts a segment into the open run of its group when it has the same targets and fits, else begins a new one. There
    /// must be room, see ``hasRoom(segments:runs:transmits:)``.
    ///
    /// - Returns: the index of a run that it begins, to which the caller adds the transmits; nil when it joined one that
    ///   has them.
    @_noLocks
    mutating func append(_ segment: iovec, to targets: TargetSet) -> Int32? {
        let open = unsafe openRuns + latest
        if unsafe open.pointee.run >= 0, unsafe open.pointee.targets == targets {
            if unsafe runs[Int(open.pointee.run)].append(segment) { return nil }
        }
        return unsafe appendElsewhere(segment, to: targets)
    }

    /// The same, when the open run that grew last does not take it.
    @inline(never)
    @_noLocks
    private mutating func appendElsewhere(_ segment: iovec, to targets: TargetSet) -> Int32? {
        let open = unsafe openRun(of: targets.group)
        if unsafe open.pointee.run >= 0 {
            if unsafe open.pointee.targets == targets, unsafe runs[Int(open.pointee.run)].append(segment) { return nil }
            unsafe close(open)
        }
        precondition(unsafe runCount < Limits.runs && open.pointee.sliceCount < Limits.slices)
        unsafe runs[runCount] = unsafe Run(
            first: segment, at: open.pointee.slices + open.pointee.sliceCount, segmentLimit)
        unsafe mostSlices = max(mostSlices, open.pointee.sliceCount + Limits.segmentsPerRun)
        unsafe open.pointee.run = Int32(truncatingIfNeeded: runCount)
        unsafe open.pointee.targets = targets
        runCount += 1
        return unsafe open.pointee.run
    }

    /// Finds the open run of a group, or the one that gives way to it.
    @_noLocks
    private mutating func openRun(of group: Int32) -> UnsafeMutablePointer<OpenRun> {
        for index in 0..<Self.openRunCount where unsafe openRuns[index].targets.group == group {
            latest = index
            return unsafe openRuns + index
        }
        latest = latest + 1 < Self.openRunCount ? latest + 1 : 0
        let open = unsafe openRuns + latest
        if unsafe open.pointee.run >= 0 { unsafe close(open) }
        unsafe open.pointee.targets = TargetSet(group: group)
        return unsafe open
    }

    /// Ends an open run: the next one has its slices behind those of this one.
    @_noLocks
    private mutating func close(_ open: UnsafeMutablePointer<OpenRun>) {
        unsafe open.pointee.sliceCount += runs[Int(open.pointee.run)].sliceCount
        unsafe open.pointee.run = -1
    }

    @_noLocks
    mutating func append(_ transmit: Transmit) {
        precondition(transmitCount < Limits.transmits)
        unsafe transmits[transmitCount] = transmit
        transmitCount += 1
    }

    /// Returns memory for a datagram of the relay's own, which stays until it is sent; nil when there is no more.
    @_noLocks
    mutating func ownDatagram(bytes count: Int) -> UnsafeMutableRawPointer? {
        let start = (ownByteCount + 15) & ~15
        guard start + count <= Limits.ownBytes else { return nil }
        ownByteCount = start + count
        return unsafe ownBytes + start
    }

    // MARK: For engines

    @_noLocks
    func run(of index: Int) -> UnsafeMutablePointer<Run> {
        let transmit = unsafe transmit(index)
        return unsafe runs + Int(transmit.pointee.run)
    }

    @_noLocks
    func transmit(_ index: Int) -> UnsafeMutablePointer<Transmit> {
        precondition(index >= 0 && index < transmitCount)
        return unsafe transmits + index
    }

    /// Forgets what has been sent.
    @_noLocks
    mutating func clear() {
        runCount = 0
        transmitCount = 0
        ownByteCount = 0
        mostSlices = Limits.segmentsPerRun
        for index in 0..<Self.openRunCount {
            unsafe openRuns[index].sliceCount = 0
            unsafe openRuns[index].run = -1
        }
    }
}
