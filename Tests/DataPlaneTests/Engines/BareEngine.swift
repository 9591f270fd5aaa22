// SPDX-License-Identifier: GPL-2.0-or-later

import CShims.Socket
import Glibc
import Sockets

@testable import DataPlane

/// An engine without a relay: a test says what leaves and sees what arrives.
class BareEngine {
    let counters = Counters()
    let mailbox: Mailbox
    fileprivate var batch = Batch()

    fileprivate init() throws { mailbox = try Mailbox() }

    static func open(_ kind: EngineTests.Kind) throws -> BareEngine {
        guard let mode = kind.mode else {
            return try Driven { mailbox, counters in
                try PollingEngine.open(mailbox: mailbox.reader, counters: counters, board: nil)
            }
        }
        return try Driven { mailbox, counters in
            try RingEngine.open(
                mode, mailbox: mailbox.reader, counters: counters, board: nil, quietWait: kind.quietWait)
        }
    }

    func attach(_ slot: UInt16, descriptor: Int32, _ role: Command.Role) { fatalError() }
    func flush() { fatalError() }
    fileprivate func turn(endsBurst: Bool) { fatalError() }

    /// Puts a run of equal datagrams, the last perhaps shorter, on its way out by a connected socket.
    func leave(_ slot: UInt16, _ datagrams: [iovec]) {
        batch.endRun(.uplink)
        var run: Int32 = -1
        for datagram in datagrams {
            if case .began(let index) = batch.place(datagram, .uplink) { run = index }
        }
        batch.append(Departure(run: run, slot: slot))
    }

    /// Has the runs leave over and over, until there are `count` departures.
    func repeatDepartures(to count: Int) {
        let runs = batch.departureCount
        while batch.departureCount < count { batch.append(batch.departures[batch.departureCount % runs]) }
    }

    /// One turn that ends after 20 ms; bytes of the datagrams in each arrival.
    func arrivals(endsBurst: Bool = false) -> [[Int]] {
        turn(endsBurst: endsBurst)
        return (0..<batch.arrivalCount).map { index in
            let arrival = batch.arrivals[index]
            return (0..<arrival.segmentCount).map { arrival.segment($0).length }
        }
    }
}

private final class Driven<E: Engine & ~Copyable>: BareEngine {
    private var engine: E?

    init(_ make: (Mailbox, Counters) throws -> E) throws {
        try super.init()
        engine = try make(mailbox, counters)
    }

    override func attach(_ slot: UInt16, descriptor: Int32, _ role: Command.Role) {
        engine!.attach(SocketHandle(slot: slot, generation: 1), descriptor: descriptor, role)
    }

    override func flush() { engine!.flush(&batch) }

    override func turn(endsBurst: Bool) {
        _ = engine!.turn(&batch, deadline: engarde_monotonic_nanoseconds() + 20_000_000, endsBurst: endsBurst)
    }
}
