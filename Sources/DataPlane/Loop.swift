// SPDX-License-Identifier: GPL-2.0-or-later

internal import CShims.Socket

/// The data plane's loop, the first file to read:
///
///     forever:  receive ─► decide ─► transmit ─► recycle
///
///     receive    the engine waits for datagrams and puts them into the batch, as packets
///     decide     the relay looks at each packet and queues copies of its segments for the targets it decides on
///     transmit   runs of equal segments become messages, and the engine sends them
///     recycle    the buffers of the packets go back to the engine
///
/// The words are explained in `Packets.swift`. What the loop calls is held to `@_noLocks` by the compiler. The loop
/// itself is generic, which that attribute does not admit; a test counts its allocations, and another looks at its
/// machine code.
struct Loop<E: Engine & ~Copyable, R: Relay & ~Copyable>: ~Copyable {
    var engine: E
    var relay: R
    var batch: Batch
    private let mail: MailboxReader
    private let events: EventWriter
    private var sharing: CPUSharing
    private let counters: Counters
    private var packets: UInt64 = 0
    /// The control side wants to know of the next packet.
    private var isTrafficAwaited = false
    private var isRunning = true

    init(
        engine: consuming E, relay: consuming R, batch: consuming Batch, mail: MailboxReader, events: EventWriter,
        sharing: CPUSharing, counters: Counters
    ) {
        self.engine = engine
        self.relay = relay
        self.batch = batch
        self.mail = mail
        self.events = events
        self.sharing = sharing
        self.counters = counters
    }

    /// Relays until told to stop.
    ///
    /// A function of its own in the optimised program too, where a test looks at what it calls.
    @inline(never)
    mutating func run() {
        while isRunning { turn() }
    }

    mutating func turn() { turn(until: relay.deadline) }

    /// One turn, whose wait ends at `deadline` (monotonic nanoseconds) at the latest.
    mutating func turn(until deadline: Int64) {
        let wake = engine.receive(&batch, until: deadline)
        counters.add(.turns, 1)
        if wake.hasCommands { applyCommands() }

        relay.expire(now: wake.now, into: &batch.queue)
        let before = packets
        while let packet = batch.next() {
            while !relay.decide(packet, into: &batch.queue, now: wake.now) { engine.flush(&batch) }
            packets &+= 1
        }
        if packets != before {
            counters.set(.packets, packets)
            reportTraffic(since: before)
        }

        engine.transmit(&batch)
        if sharing.endsBurst(sent: batch.messages.bytes) {
            engine.flush(&batch)
            counters.add(.systemCalls, 1)
            engarde_yield()
        }
        engine.recycle(&batch)
    }

    @inline(never)
    private mutating func applyCommands() {
        while let command = mail.next() {
            switch command {
            case .attach(let socket, let descriptor, let role):
                batch.messages.reset(slot: socket.slot)
                counters.reset(slot: socket.slot, generation: socket.generation)
                engine.attach(socket, descriptor: descriptor, wantsSource: role.wantsSource)
            case .detach(let socket): engine.detach(socket)
            case .fit(let socket, let bytes):
                if engine.serves(socket) { batch.messages.fit(slot: socket.slot, datagramBytes: bytes) }
            case .awaitTraffic(let seen):
                isTrafficAwaited = true
                reportTraffic(since: seen)
            case .stop: isRunning = false
            case .carry: break
            }
            relay.apply(command)
        }
    }

    /// Reports packets received beyond those the control side has seen, when it waits for them.
    private mutating func reportTraffic(since seen: UInt64) {
        guard isTrafficAwaited, packets != seen else { return }
        isTrafficAwaited = false
        events.post(.traffic)
    }
}
