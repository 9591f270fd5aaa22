// SPDX-License-Identifier: GPL-2.0-or-later

internal import CShims.Socket
internal import CShims.Uring
internal import Glibc
internal import Sockets

/// The io_uring engine: one system call a turn.
///
///     turn:  queue a send per departure ─► submit and wait ─► reap
///                                                              ├─ refused send ─► try again or count
///                                                              ├─ datagram     ─► batch
///                                                              └─ mailbox      ─► caller
///            buffers of the last batch go back ─► ended receives are armed again
///
/// Sends complete inside the submission (`MSG_DONTWAIT`) and are silent unless refused, so when the submission has
/// returned and its refusals are handled, nothing views the buffers any more.
@safe
struct RingEngine: ~Copyable, Engine {
    let ring: OpaquePointer
    let bufferMemory: UnsafeMutableRawPointer
    let counters: Counters
    let mail: Int32
    var sockets: EngineSockets
    var arena = MessageArena(capacity: Limits.departures)
    let completions: UnsafeMutablePointer<engarde_completion>
    var buffers: BufferCirculation
    /// Sends complete inside the submission, so only refusals need a completion. Not so where a kernel thread submits.
    let sendsAreSilent: Bool
    /// Sends whose completion is awaited; 0 for ever where they are silent.
    var outstanding = 0
    var isMailArmed = false
    var hasMail = false
    /// Sends the kernel refused that are worth a second try, in order.
    let refused: UnsafeMutablePointer<CompletionToken>
    var refusedCount = 0
    /// Some socket's receive has ended and waits to be armed again.
    var needsArming = false
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
    /// When the last turn ended, monotonic nanoseconds.
    var lastTurn: Int64 = 0

    deinit {
        let hasEnded = endReceives()
        unsafe engarde_uring_close(ring)
        // What the kernel has not ended it may still write to.
        if hasEnded { unsafe bufferMemory.deallocate() }
        unsafe completions.deallocate()
        unsafe refused.deallocate()
    }

    @_noLocks
    mutating func turn(_ batch: inout Batch, deadline: Int64, endsBurst: Bool) -> Turn {
        batch.clearArrivals()
        let old = buffers.held
        queue(&batch)
        if endsBurst || buffers.isScarce {
            // Waiting with most buffers in hand would starve the receives.
            submit(&batch)
            unsafe buffers.giveBack(old, ring)
            if endsBurst {
                counters.add(.systemCalls, 1)
                engarde_yield()
            }
            submitAndWait(&batch, deadline: deadline)
        } else {
            submitAndWait(&batch, deadline: deadline)
            unsafe buffers.giveBack(old, ring)
        }
        batch.clearDepartures()
        counters.add(.turns, 1)
        defer { hasMail = false }
        let now = engarde_monotonic_nanoseconds()
        turnNanoseconds += (min(now - lastTurn, Self.ringWaitNanosecondsMax) - turnNanoseconds) / 8
        lastTurn = now
        return Turn(now: now, hasMail: hasMail)
    }

    @_noLocks
    mutating func flush(_ batch: inout Batch) {
        queue(&batch)
        submit(&batch)
        batch.clearDepartures()
    }

    // MARK: Sending

    /// Queues all departures, a run in one send where the socket allows it.
    @_noLocks
    private mutating func queue(_ batch: inout Batch) {
        for index in 0..<batch.departureCount {
            let departure = unsafe batch.departures + index
            let run = unsafe batch.runs + Int(departure.pointee.run)
            unsafe sockets.countSent(departure, run)
            if unsafe run.pointee.segmentCount == 1 || sockets.mayProduceSegments(departure) {
                queueWhole(&batch, index)
            } else {
                for segment in unsafe 0..<run.pointee.segmentCount {
                    queueSegment(&batch, index, segment, isRepeat: false)
                }
            }
        }
    }

    @_noLocks
    private mutating func queueWhole(_ batch: inout Batch, _ index: Int) {
        makeRoom(&batch)
        let departure = unsafe batch.departures + index
        let message = unsafe arena.append(departure, batch.runs + Int(departure.pointee.run))
        unsafe push(
            message, departure.pointee.slot, CompletionToken(departure: index, segment: -1, isRepeat: false),
            &batch)
    }

    @_noLocks
    private mutating func queueSegment(_ batch: inout Batch, _ index: Int, _ segment: Int, isRepeat: Bool) {
        makeRoom(&batch)
        let departure = unsafe batch.departures + index
        let message = unsafe arena.append(departure, batch.runs + Int(departure.pointee.run), segment: segment)
        unsafe push(
            message, departure.pointee.slot,
            CompletionToken(departure: index, segment: segment, isRepeat: isRepeat), &batch)
    }

    @_noLocks
    private mutating func makeRoom(_ batch: inout Batch) {
        if arena.isFull { settle(&batch) }
    }

    @_noLocks
    private mutating func push(
        _ message: UnsafeMutablePointer<mmsghdr>, _ slot: UInt16, _ token: CompletionToken, _ batch: inout Batch
    ) {
        counters.add(.sends, slot: slot, 1)
        let header = unsafe UnsafeMutableRawPointer(message).assumingMemoryBound(to: msghdr.self)
        let descriptor = unsafe sockets[slot].pointee.descriptor
        while unsafe !engarde_uring_send(ring, descriptor, header, token.bits, sendsAreSilent) { enter() }
        if !sendsAreSilent { outstanding += 1 }
    }

    /// Submits without waiting, and tries refused sends once more.
    @_noLocks
    private mutating func submit(_ batch: inout Batch) {
        settle(&batch)
        resend(&batch)
    }

    /// Submits all that is queued and reaps. The arena is empty afterwards.
    @_noLocks
    private mutating func settle(_ batch: inout Batch) {
        enter()
        finish(&batch)
    }

    /// Reaps once everything queued is with the kernel, which short of memory takes it in several portions, and until
    /// no refusal is left unread: one read later would find other departures in the place of its own.
    @_noLocks
    private mutating func finish(_ batch: inout Batch) {
        while unsafe engarde_uring_queued(ring) > 0 { enter() }
        reap(&batch)
        while unsafe outstanding > 0 || engarde_uring_has_overflow(ring) {
            enter()
            reap(&batch)
        }
        arena.clear()
    }

    @_noLocks
    private mutating func enter() {
        counters.add(.systemCalls, 1)
        unsafe check(engarde_uring_submit(ring))
    }

    @_noLocks
    private mutating func submitAndWait(_ batch: inout Batch, deadline: Int64) {
        // Nothing may be waited for that is not armed: what ended since the last wait would be heard by chance only.
        armWhatEnded()
        if batch.arrivalCount > 0 || hasMail { return submit(&batch) }
        if !hasSignal {
            wait(until: deadline)
        } else if turnNanoseconds >= Self.quietTurnNanoseconds {
            waitForSignal(until: deadline)
        } else {
            switchSignal(on: false)
            wait(until: min(deadline, engarde_monotonic_nanoseconds() + Self.ringWaitNanosecondsMax))
            if unsafe !engarde_uring_has_completions(ring) { waitForSignal(until: deadline) }
        }
        finish(&batch)
        resend(&batch)
    }

    /// Submits and waits for a completion, in one system call.
    @_noLocks
    private mutating func wait(until deadline: Int64) {
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
    private func check(_ result: Int32) { precondition(Self.isWeather(result)) }

    /// Whether it passes: a signal, a timeout, a kernel short of memory. What was not submitted stays queued.
    @_noLocks
    static func isWeather(_ result: Int32) -> Bool {
        switch -result {
        case 0, EINTR, ETIME, EAGAIN, EBUSY, ENOMEM: true
        default: false
        }
    }

    // MARK: Completions

    @_noLocks
    private mutating func reap(_ batch: inout Batch) {
        while true {
            let count = unsafe engarde_uring_reap(ring, completions, UInt32(Self.completionsPerReap))
            for index in 0..<Int(count) { unsafe take(completions[index], &batch) }
            if count < UInt32(Self.completionsPerReap) { return }
        }
    }

    @_noLocks
    private mutating func take(_ completion: engarde_completion, _ batch: inout Batch) {
        let token = CompletionToken(bits: completion.token)
        switch token.kind {
        case .send:
            if !sendsAreSilent { outstanding -= 1 }
            if completion.result < 0 { refuse(token, errno: -completion.result, &batch) }
        case .receive: receive(token.socket, completion, &batch)
        case .mail:
            underWay -= 1
            isMailArmed = false
            needsArming = true
            hasMail = true
        case .cancel: break
        }
    }

    /// A send was refused: note it for another try, or count its datagrams as lost on that link.
    @_noLocks
    private mutating func refuse(_ token: CompletionToken, errno: Int32, _ batch: inout Batch) {
        let departure = unsafe batch.departures + token.departure
        let run = unsafe batch.runs + Int(departure.pointee.run)
        let segmented = unsafe token.segment < 0 && run.pointee.segmentCount > 1
        let recovery = SendRecovery(errno: errno, segmented: segmented, isRepeat: token.isRepeat)
        if case .sendSingly = recovery { unsafe sockets.stopProducingSegments(departure) }
        if case .giveUp = recovery {} else if refusedCount < Self.refusalsMax {
            unsafe refused[refusedCount] = token
            refusedCount += 1
            return
        }
        unsafe sockets.countLost(departure, segmented ? run.pointee.segmentCount : 1, SendFailure(errno: errno))
    }

    /// Tries refused sends once more, segment by segment and from the same buffers. What is refused again is lost.
    @_noLocks
    private mutating func resend(_ batch: inout Batch) {
        guard refusedCount > 0 else { return }
        for index in 0..<refusedCount {
            let token = unsafe refused[index]
            if token.segment >= 0 {
                queueSegment(&batch, token.departure, token.segment, isRepeat: true)
            } else {
                let run = unsafe batch.runs + Int(batch.departures[token.departure].run)
                for segment in unsafe 0..<run.pointee.segmentCount {
                    queueSegment(&batch, token.departure, segment, isRepeat: true)
                }
            }
        }
        settle(&batch)
        refusedCount = 0
    }

    // MARK: Receiving

    @_noLocks
    private mutating func receive(_ socket: SocketHandle, _ completion: engarde_completion, _ batch: inout Batch) {
        let entry = unsafe sockets[socket.slot]
        if completion.buffer >= 0 {
            buffers.hold(UInt16(truncatingIfNeeded: completion.buffer), bytes: max(0, Int(completion.result)))
            if completion.result >= 0 { arrive(socket, completion, &batch) }
        } else if completion.result == -ENOBUFS {
            // Nothing is lost: datagrams wait in the socket until there are buffers and the receive is armed again.
            buffers.isStarved = true
        } else if completion.result < 0 && completion.result != -ECANCELED {
            // On a connected socket an ICMP error is reported here; it ends the receive, not the link.
            counters.add(.receiveErrors, slot: socket.slot, 1)
        }
        if completion.more { return }
        underWay -= 1
        guard unsafe entry.pointee.generation == socket.generation else { return }
        unsafe entry.pointee.isArmed = false
        if unsafe entry.pointee.isServed { needsArming = true } else { counters.release(socket) }
    }

    @_noLocks
    private mutating func arrive(_ socket: SocketHandle, _ completion: engarde_completion, _ batch: inout Batch) {
        let buffer = UInt16(truncatingIfNeeded: completion.buffer)
        let datagram = unsafe engarde_uring_received(ring, buffer, completion.result)
        let entry = unsafe sockets[socket.slot]
        guard unsafe !datagram.truncated else { return counters.add(.truncated, 1) }
        let ancillary = unsafe engarde_read_ancillary(datagram.control, Int(datagram.control_length))
        let source =
            unsafe entry.pointee.wantsSource && datagram.name_length > 0
            ? SocketAddress(receivedFrom: datagram.name!) : SocketAddress()
        unsafe batch.receive(socket, datagram.payload, Int(datagram.payload_length), source, ancillary, counters)
    }

    @_noLocks
    private mutating func armWhatEnded() {
        guard needsArming else { return }
        needsArming = false
        if !isMailArmed {
            while unsafe !engarde_uring_read_event(ring, mail, CompletionToken(.mail).bits) { enter() }
            isMailArmed = true
            underWay += 1
        }
        // Another socket is first each time, so that a flood on one does not take all buffers from the others.
        armedFirst = armedFirst + 1 < sockets.end ? armedFirst + 1 : 0
        for offset in 0..<sockets.end {
            let slot = (armedFirst + offset) % sockets.end
            let entry = unsafe sockets.entries + slot
            guard unsafe entry.pointee.isServed, unsafe !entry.pointee.isArmed else { continue }
            let socket = unsafe SocketHandle(
                slot: UInt16(truncatingIfNeeded: slot), generation: entry.pointee.generation)
            let token = CompletionToken(receive: socket)
            while unsafe !engarde_uring_receive(ring, entry.pointee.descriptor, token.bits) { enter() }
            unsafe entry.pointee.isArmed = true
            underWay += 1
        }
    }

    // MARK: Sockets

    @_noLocks
    mutating func attach(_ socket: SocketHandle, descriptor: Int32, _ role: Command.Role) {
        var wantsSource = false
        if case .listen = role { wantsSource = true }
        sockets.attach(socket, descriptor: descriptor, wantsSource: wantsSource)
        counters.reset(slot: socket.slot, generation: socket.generation)
        needsArming = true
    }

    @_noLocks
    mutating func fit(_ socket: SocketHandle, datagramBytes: Int32) { sockets.fit(socket, datagramBytes: datagramBytes) }

    @_noLocks
    mutating func detach(_ socket: SocketHandle) {
        guard sockets.serves(socket) else { return }
        let entry = unsafe sockets[socket.slot]
        unsafe entry.pointee.isServed = false
        if unsafe entry.pointee.isArmed {
            let token = CompletionToken(receive: socket)
            while unsafe !engarde_uring_cancel(ring, token.bits, CompletionToken(.cancel).bits) { enter() }
        }
        // Else the end of the receive, in one of the next submissions, is the time to.
        if unsafe !entry.pointee.isArmed { counters.release(socket) }
    }

    /// Turns that take so long wait for the signal, where there is one: two system calls more, a percent of a core.
    static var quietTurnNanoseconds: Int64 { @_noLocks get { 100_000 } }
    /// What a wait in the ring takes at most before it becomes one for the signal.
    static var ringWaitNanosecondsMax: Int64 { @_noLocks get { 1_000_000 } }
    static var completionsPerReap: Int { @_noLocks get { 256 } }
    /// Refused sends kept for another try, a batch; further ones count as lost at once.
    static var refusalsMax: Int { @_noLocks get { Limits.departures } }
}
