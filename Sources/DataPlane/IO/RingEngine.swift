// SPDX-License-Identifier: GPL-2.0-or-later

internal import CShims.Socket
internal import CShims.Uring
internal import Glibc
internal import Sockets

/// The io_uring engine: one system call a turn.
///
///     transmit:  queue a send for each message
///     receive:   submit and wait ─► reap ─┬─ refused send ─► try again or count
///                                         ├─ datagram     ─► batch
///                                         └─ mailbox      ─► caller
///                buffers of the last batch go back ─► ended receives are armed again
///
/// Sends complete inside the submission (`MSG_DONTWAIT`) and are silent unless refused, so when the submission has
/// returned and its refusals are handled, nothing views the buffers any more.
@safe
struct RingEngine: ~Copyable, Engine {
    let ring: OpaquePointer
    let bufferMemory: UnsafeMutableRawPointer
    let counters: Counters
    let events: EventWriter
    let mail: Int32
    var sockets = EngineSockets()
    let completions: UnsafeMutablePointer<engarde_completion>
    var buffers = BufferCirculation()
    /// Buffers of packets that are decided: they go back with the next submission.
    var spent = BufferCirculation.Held()
    /// The transmits that messages have been made of.
    var transmitted = 0
    /// Sends complete inside the submission, so only refusals need a completion. Not so where a kernel thread submits.
    let sendsAreSilent: Bool
    /// Sends whose completion is awaited; 0 for ever where they are silent.
    var outstanding = 0
    var isMailArmed = false
    var hasCommands = false
    /// Some socket's receive has ended and waits to be armed again.
    var needsArming = true
    /// The slot that was armed first last time.
    var armedFirst = 0
    /// Receives, and the read of the mailbox, that the kernel has and has not ended.
    var underWay = 0
    /// Long waits are for the ring's signal: those in `io_uring_enter` would make an idle machine look stalled on its
    /// disks.
    let hasSignal: Bool
    /// The kernel gives the signal.
    var isSignalOn = false
    /// Nanoseconds a turn took of late, those beyond ``ringWaitNanosecondsMax`` left out.
    var turnNanoseconds = Self.ringWaitNanosecondsMax
    /// When the last wait ended, monotonic nanoseconds.
    var now: Int64 = 0

    deinit {
        let hasEnded = endReceives()
        unsafe engarde_uring_close(ring)
        // What the kernel has not ended it may still write to.
        if hasEnded { unsafe bufferMemory.deallocate() }
        unsafe completions.deallocate()
    }

    // MARK: Receive

    @_noLocks
    mutating func receive(_ batch: inout Batch, until deadline: Int64) -> Wake {
        // Nothing may be waited for that is not armed: what ended since the last wait would be noticed by chance only.
        armWhatEnded(&batch)
        if batch.hasPackets || hasCommands { enter() } else { wait(until: min(deadline, sockets.resumeAt)) }
        settle(&batch)
        batch.queue.clear()
        transmitted = 0
        returnSpent()
        let end = engarde_monotonic_nanoseconds()
        turnNanoseconds += (min(end - now, Self.ringWaitNanosecondsMax) - turnNanoseconds) / 8
        now = end
        defer { hasCommands = false }
        return Wake(now: now, hasCommands: hasCommands)
    }

    /// Submits what is queued and waits for a completion.
    @_noLocks
    private mutating func wait(until deadline: Int64) {
        if !hasSignal { return waitInRing(until: deadline) }
        if turnNanoseconds >= Self.quietTurnNanoseconds { return waitForSignal(until: deadline) }
        switchSignal(on: false)
        waitInRing(until: min(deadline, engarde_monotonic_nanoseconds() + Self.ringWaitNanosecondsMax))
        if unsafe !engarde_uring_has_completions(ring) { waitForSignal(until: deadline) }
    }

    /// Submits and waits for a completion, in one system call.
    @_noLocks
    private mutating func waitInRing(until deadline: Int64) {
        counters.add(.systemCalls, 1)
        unsafe check(engarde_uring_submit_and_wait(ring, Self.limit(deadline)))
    }

    /// Submits and waits for a completion, or something to become one, outside of the ring.
    @_noLocks
    private mutating func waitForSignal(until deadline: Int64) {
        let wasOn = isSignalOn
        switchSignal(on: true)
        // What came before the signal was on must not be waited for.
        if unsafe !wasOn || engarde_uring_queued(ring) > 0 { enter() }
        if unsafe engarde_uring_has_completions(ring) { return }
        counters.add(.systemCalls, 1)
        unsafe check(engarde_uring_wait_for_signal(ring, Self.limit(deadline)))
        enter()
    }

    @_noLocks
    private mutating func switchSignal(on: Bool) {
        guard on != isSignalOn else { return }
        isSignalOn = on
        unsafe engarde_uring_switch_signal(ring, on)
    }

    /// The nanoseconds left until a deadline, -1 for ever.
    @_noLocks
    static func limit(_ deadline: Int64) -> Int64 {
        deadline == .max ? -1 : max(0, deadline - engarde_monotonic_nanoseconds())
    }

    @_noLocks
    private func check(_ result: Int32) {
        if !Self.isWeather(result) { engarde_uring_die(-result) }
    }

    /// Whether it passes: a signal, a timeout, a kernel short of memory. What was not submitted stays queued.
    @_noLocks
    static func isWeather(_ result: Int32) -> Bool {
        switch -result {
        case 0, EINTR, ETIME, EAGAIN, EBUSY, ENOMEM: true
        default: false
        }
    }

    // MARK: Transmit

    @_noLocks
    mutating func transmit(_ batch: inout Batch) {
        queueSends(&batch)
        spent = buffers.held
        batch.clearPackets()
        // Waiting with most buffers in hand would starve the receives.
        if buffers.isScarce { flush(&batch) }
    }

    @_noLocks
    mutating func flush(_ batch: inout Batch) {
        queueSends(&batch)
        enter()
        settle(&batch)
        batch.queue.clear()
        transmitted = 0
    }

    /// Queues a send for each message of the transmits.
    @inline(never)
    @_noLocks
    private mutating func queueSends(_ batch: inout Batch) {
        while transmitted < batch.queue.transmitCount {
            let first = batch.messages.count
            if batch.messages.append(transmitted, of: &batch.queue, now: now) {
                push(&batch, from: first)
                transmitted += 1
            } else {
                enter()
                settle(&batch)
            }
        }
    }

    /// Queues a send for each message from number `first` on.
    @_noLocks
    private mutating func push(_ batch: inout Batch, from first: Int) {
        for message in first..<batch.messages.count {
            let header = unsafe UnsafeMutableRawPointer(batch.messages.headers + message)
                .assumingMemoryBound(to: msghdr.self)
            let descriptor = sockets[batch.messages.slot(of: message, in: &batch.queue)].descriptor
            let token = CompletionToken(message: message)
            while unsafe !engarde_uring_send(ring, descriptor, header, token.bits, sendsAreSilent) { makeRoom(&batch) }
            if !sendsAreSilent { outstanding += 1 }
        }
    }

    /// Reaps what has been submitted, and tries refused messages again until none is left.
    @inline(never)
    @_noLocks
    private mutating func settle(_ batch: inout Batch) {
        finish(&batch)
        batch.messages.clear()
        while batch.messages.appendRetries(of: &batch.queue) {
            push(&batch, from: 0)
            enter()
            finish(&batch)
            batch.messages.clear()
        }
    }

    /// Reaps once everything queued is with the kernel, which short of memory takes it in several portions, and until
    /// no refusal is left unread: one read later would find other messages in the place of its own.
    @_noLocks
    private mutating func finish(_ batch: inout Batch) {
        while unsafe engarde_uring_queued(ring) > 0 { enter() }
        reap(&batch)
        while unsafe outstanding > 0 || engarde_uring_has_overflow(ring) {
            enter()
            reap(&batch)
        }
    }

    @_noLocks
    private mutating func enter() {
        counters.add(.systemCalls, 1)
        unsafe check(engarde_uring_submit(ring))
    }

    /// Makes room for another submission. While completions wait that the ring has no room for the kernel takes none
    /// (EBUSY, io_uring_enter(2)).
    @inline(never)
    @_noLocks
    private mutating func makeRoom(_ batch: inout Batch) {
        enter()
        reap(&batch)
    }

    // MARK: Recycle

    @_noLocks
    mutating func recycle(_ batch: inout Batch) {
        // Else the buffers are viewed by sends that the next submission takes along.
        if batch.queue.transmitCount == 0 { returnSpent() }
    }

    @_noLocks
    private mutating func returnSpent() {
        guard spent.count > 0 || buffers.isStarved else { return }
        unsafe buffers.giveBack(spent, ring)
        spent = BufferCirculation.Held()
    }

    // MARK: Completions

    @_noLocks
    private mutating func reap(_ batch: inout Batch) {
        while true {
            let count = unsafe engarde_uring_reap(ring, completions, UInt32(Self.completionsPerReap))
            for index in 0..<Int(count) { unsafe process(completions[index], &batch) }
            if count < UInt32(Self.completionsPerReap) { return }
        }
    }

    @_noLocks
    private mutating func process(_ completion: engarde_completion, _ batch: inout Batch) {
        let token = CompletionToken(bits: completion.token)
        switch token.kind {
        case .send:
            if !sendsAreSilent { outstanding -= 1 }
            if completion.result < 0 {
                _ = batch.messages.refuse(token.message, errno: -completion.result, of: &batch.queue, now: now)
            }
        case .receive: receive(token.socket, completion, &batch)
        case .mail:
            underWay -= 1
            isMailArmed = false
            needsArming = true
            hasCommands = true
        case .cancel: break
        }
    }

    @_noLocks
    private mutating func receive(_ socket: SocketHandle, _ completion: engarde_completion, _ batch: inout Batch) {
        if completion.buffer >= 0 {
            buffers.hold(UInt16(truncatingIfNeeded: completion.buffer), bytes: max(0, Int(completion.result)))
            if completion.result >= 0 { arrive(socket, completion, &batch) }
        } else if completion.result == -ENOBUFS {
            // Nothing is lost: datagrams wait in the socket until there are buffers and the receive is armed again.
            buffers.isStarved = true
        }
        if completion.more { return }
        underWay -= 1
        guard sockets[socket.slot].generation == socket.generation else { return }
        sockets[socket.slot].isArmed = false
        guard sockets[socket.slot].isServed else { return events.post(.released(socket)) }
        // On a connected socket an ICMP error is reported here; it ends the receive, not the link.
        if completion.result < 0, !ReceiveFailure.isWeather(errno: -completion.result) {
            events.post(.receiveFailed(socket, errno: -completion.result))
            sockets.pauseReceive(socket, until: engarde_monotonic_nanoseconds() + ReceiveFailure.pauseNanoseconds)
        }
        needsArming = true
    }

    @_noLocks
    private mutating func arrive(_ socket: SocketHandle, _ completion: engarde_completion, _ batch: inout Batch) {
        let buffer = UInt16(truncatingIfNeeded: completion.buffer)
        let datagram = unsafe engarde_uring_received(ring, buffer, completion.result)
        guard unsafe !datagram.truncated else { return counters.add(.truncated, 1) }
        let ancillary = unsafe engarde_read_ancillary(datagram.control, Int(datagram.control_length))
        let source =
            unsafe sockets[socket.slot].wantsSource && datagram.name_length > 0
            ? SocketAddress(receivedFrom: datagram.name!) : SocketAddress()
        unsafe batch.receive(socket, datagram.payload, Int(datagram.payload_length), source, ancillary)
    }

    @inline(never)
    @_noLocks
    private mutating func armWhatEnded(_ batch: inout Batch) {
        if sockets.resumeAt != .max {
            while let _ = sockets.nextResumed(now: engarde_monotonic_nanoseconds()) { needsArming = true }
        }
        guard needsArming else { return }
        needsArming = false
        if !isMailArmed {
            while unsafe !engarde_uring_read_event(ring, mail, CompletionToken(.mail).bits) { makeRoom(&batch) }
            isMailArmed = true
            underWay += 1
        }
        // Another socket is first each time, so that a flood on one does not take all buffers from the others.
        armedFirst = armedFirst + 1 < sockets.end ? armedFirst + 1 : 0
        for offset in 0..<sockets.end {
            let slot = UInt16(truncatingIfNeeded: (armedFirst + offset) % sockets.end)
            let entry = sockets[slot]
            guard entry.isServed, !entry.isArmed, !entry.isPaused else { continue }
            let token = CompletionToken(receive: SocketHandle(slot: slot, generation: entry.generation))
            while unsafe !engarde_uring_receive(ring, entry.descriptor, token.bits) { makeRoom(&batch) }
            sockets[slot].isArmed = true
            underWay += 1
        }
    }

    // MARK: Sockets

    @_noLocks
    mutating func attach(_ socket: SocketHandle, descriptor: Int32, wantsSource: Bool) {
        sockets.attach(socket, descriptor: descriptor, wantsSource: wantsSource)
        needsArming = true
    }

    @_noLocks
    func serves(_ socket: SocketHandle) -> Bool { sockets.serves(socket) }

    @_noLocks
    mutating func detach(_ socket: SocketHandle) {
        guard sockets.serves(socket) else { return }
        sockets[socket.slot].isServed = false
        if sockets[socket.slot].isArmed {
            let token = CompletionToken(receive: socket)
            while unsafe !engarde_uring_cancel(ring, token.bits, CompletionToken(.cancel).bits) { enter() }
        }
        // Else the end of the receive, in one of the next submissions, is the time to.
        if !sockets[socket.slot].isArmed { events.post(.released(socket)) }
    }

    /// Turns that take so long wait for the signal, where there is one: two system calls more, a percent of a core.
    static var quietTurnNanoseconds: Int64 { @_noLocks get { 100_000 } }
    /// What a wait in the ring takes at most before it becomes one for the signal.
    static var ringWaitNanosecondsMax: Int64 { @_noLocks get { 1_000_000 } }
    static var completionsPerReap: Int { @_noLocks get { 256 } }
}
