// SPDX-License-Identifier: GPL-2.0-or-later

/// The data plane's loop: an engine and a relay taking turns over one batch.
///
///     forever:  engine.turn ─► commands ─► timers ─► relay.decide ─► (departures leave with the next turn)
///
/// What it calls is held to `@_noLocks` by the compiler. The loop itself is generic, which that attribute does not
/// admit; a test counts its allocations instead.
struct Loop<E: Engine & ~Copyable, R: Relay & ~Copyable>: ~Copyable {
    var engine: E
    var relay: R
    let mail: MailboxReader
    let doorbell: DoorbellButton
    var batch = Batch()
    var share: ProcessorShare
    var isRunning = true

    init(
        engine: consuming E, relay: consuming R, mail: MailboxReader, doorbell: DoorbellButton, share: ProcessorShare
    ) {
        self.engine = engine
        self.relay = relay
        self.mail = mail
        self.doorbell = doorbell
        self.share = share
    }

    /// Relays until told to stop.
    ///
    /// A function of its own in the optimised program too, where a test looks at what it calls.
    @inline(never)
    mutating func run() {
        while isRunning { turn() }
    }

    /// One turn: sends what was decided, waits, and decides what arrived.
    mutating func turn() { turn(deadline: relay.deadline) }

    /// The same, ending at `deadline` (monotonic nanoseconds) at the latest.
    mutating func turn(deadline: Int64) {
        let endsBurst = share.endsBurst(sending: batch.departureBytes)
        let turn = engine.turn(&batch, deadline: deadline, endsBurst: endsBurst)
        if turn.hasMail { readMail() }
        relay.expire(now: turn.now)
        if batch.arrivalCount > 0 { doorbell.press() }
        while !relay.decide(&batch, now: turn.now) { engine.flush(&batch) }
    }

    private mutating func readMail() {
        while let command = mail.next() {
            switch command {
            case .attach(let socket, let descriptor, let role):
                engine.attach(socket, descriptor: descriptor, role)
            case .detach(let socket): engine.detach(socket)
            case .fit(let socket, let bytes): engine.fit(socket, datagramBytes: bytes)
            case .stop: isRunning = false
            case .carry: break
            }
            relay.obey(command)
        }
    }
}
