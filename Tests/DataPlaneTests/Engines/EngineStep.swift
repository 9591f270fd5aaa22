// SPDX-License-Identifier: GPL-2.0-or-later

import CShims.Socket
import Sockets

@testable import DataPlane

/// Opens an engine of this kind under a relay. The result does one turn that waits so many nanoseconds
/// at most, or with nil lets go of everything.
func engineStep<R: Relay & ~Copyable>(
    _ kind: EngineTests.Kind, _ mail: MailboxReader, _ counters: Counters, _ events: EventWriter, board: PathStatistics?,
    _ relay: consuming R
) throws -> (Int64?) -> Void {
    let sharing = CPUSharing(yields: true)
    let batch = Batch(counters: counters, events: events, paths: board, segmentLimit: SegmentLimit.probe())
    guard let mode = kind.mode else {
        let engine = try PollingEngine.open(mailbox: mail, counters: counters, events: events)
        return stepper(
            Loop(
                engine: engine, relay: relay, batch: batch, mail: mail, events: events, sharing: sharing,
                counters: counters))
    }
    let engine = try RingEngine.open(
        mode, mailbox: mail, counters: counters, events: events, quietWait: kind.quietWait)
    return stepper(
        Loop(
            engine: engine, relay: relay, batch: batch, mail: mail, events: events, sharing: sharing,
            counters: counters))
}

extension EngineTests.Kind {
    /// How the ring is set up; nil for the engine without one.
    var mode: RingEngine.Mode? {
        switch self {
        case .deferTaskrun, .deferTaskrunSignalled: .deferTaskrun
        case .cooperative: .cooperative
        case .plain: .plain
        case .submissionThread: .submissionThread
        case .polling: nil
        }
    }

    var quietWait: RingEngine.QuietWait { self == .deferTaskrunSignalled ? .signal : .automatic }
}

private func stepper<E: Engine & ~Copyable, R: Relay & ~Copyable>(
    _ loop: consuming Loop<E, R>
) -> (Int64?) -> Void {
    let box = Box(loop)
    return { nanoseconds in if let nanoseconds { box.turn(nanoseconds) } else { box.release() } }
}

private final class Box<E: Engine & ~Copyable, R: Relay & ~Copyable> {
    private var loop: Loop<E, R>?

    init(_ loop: consuming Loop<E, R>) { self.loop = consume loop }

    func turn(_ nanoseconds: Int64) { loop!.turn(waitingAtMost: nanoseconds) }
    func release() { loop = nil }
}

extension Loop where E: ~Copyable, R: ~Copyable {
    /// One turn that ends after a while even when nothing happens.
    mutating func turn(waitingAtMost nanoseconds: Int64) {
        turn(until: min(relay.deadline, engarde_monotonic_nanoseconds() + nanoseconds))
    }
}
