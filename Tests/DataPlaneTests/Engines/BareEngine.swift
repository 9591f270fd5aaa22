// SPDX-License-Identifier: GPL-2.0-or-later

import CShims.Socket
import Glibc
import Sockets

@testable import DataPlane

/// An engine without a relay: a test says what leaves and sees what comes.
class BareEngine {
    let counters = Counters()
    let mailbox: Mailbox
    fileprivate var batch: Batch
    private var group: Int32 = 0

    fileprivate init() throws {
        mailbox = try Mailbox()
        batch = Batch(counters: counters, events: .unread, paths: nil, segmentLimit: SegmentLimit.probe())
    }

    static func open(_ kind: EngineTests.Kind) throws -> BareEngine {
        guard let mode = kind.mode else {
            return try Driven { mailbox, counters in
                try PollingEngine.open(mailbox: mailbox.reader, counters: counters, events: .unread)
            }
        }
        return try Driven { mailbox, counters in
            try RingEngine.open(
                mode, mailbox: mailbox.reader, counters: counters, events: .unread, quietWait: kind.quietWait)
        }
    }

    func attach(_ slot: UInt16, descriptor: Int32, _ role: Command.Role) { fatalError() }
    func flush() { fatalError() }
    fileprivate func turn(endsBurst: Bool) { fatalError() }

    /// Puts a run of equal datagrams, the last perhaps shorter, on its way out by a connected socket.
    func leave(_ slot: UInt16, _ datagrams: [iovec]) {
        // Another version each time: another run.
        group += 1
        let targets = TargetSet(group: 0, version: UInt32(group))
        for datagram in datagrams {
            if let run = batch.queue.append(datagram, to: targets) { batch.queue.append(Transmit(run: run, slot: slot)) }
        }
    }

    /// Has the runs leave over and over, until there are `count` transmits.
    func repeatTransmits(to count: Int) {
        let runs = batch.queue.transmitCount
        while batch.queue.transmitCount < count {
            let transmit = batch.queue.transmit(batch.queue.transmitCount % runs).pointee
            batch.queue.append(transmit)
        }
    }

    /// One turn that ends after 20 ms; bytes of the datagrams in each packet.
    func packets(endsBurst: Bool = false) -> [[Int]] {
        turn(endsBurst: endsBurst)
        var found: [[Int]] = []
        while let packet = batch.next() { found.append((0..<packet.segmentCount).map { packet.segment($0).iov_len }) }
        return found
    }
}

private final class Driven<E: Engine & ~Copyable>: BareEngine {
    private var engine: E?

    init(_ make: (Mailbox, Counters) throws -> E) throws {
        try super.init()
        engine = try make(mailbox, counters)
    }

    override func attach(_ slot: UInt16, descriptor: Int32, _ role: Command.Role) {
        engine!.attach(
            SocketHandle(slot: slot, generation: 1), descriptor: descriptor, wantsSource: role.wantsSource)
    }

    override func flush() { engine!.flush(&batch) }

    override func turn(endsBurst: Bool) {
        while batch.next() != nil {}
        engine!.transmit(&batch)
        if endsBurst {
            engine!.flush(&batch)
            engarde_yield()
        }
        engine!.recycle(&batch)
        _ = engine!.receive(&batch, until: engarde_monotonic_nanoseconds() + 20_000_000)
    }
}
