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
struct RingEngine: ~Copyable, Engine {
    let ring: OpaquePointer
    let bufferMemory: UnsafeMutableRawPointer
    let counters: Counters
    let board: PathBoard?
    let mail: Int32
    var sockets = EngineSockets()
    var arena = MessageArena()
    /// Buffers that arrivals of this batch view, oldest first.
    let held: UnsafeMutablePointer<UInt16>
    var heldCount = 0
    var isMailArmed = false
    var hasMail = false
    /// Some socket's receive has ended and waits to be armed again.
    var needsArming = false

    deinit {
        engarde_uring_close(ring)
        bufferMemory.deallocate()
        held.deallocate()
    }

    @_noLocks
    mutating func turn(_ batch: inout Batch, deadline: Int64) -> Turn {
        batch.clearArrivals()
        let old = heldCount
        armWhatEnded()
        queue(&batch)
        if old > Limits.buffers / 2 {
            // Waiting with most buffers in hand would starve the receives.
            submit(&batch)
            giveBack(old)
            submitAndWait(&batch, deadline: deadline)
        } else {
            submitAndWait(&batch, deadline: deadline)
            giveBack(old)
        }
        batch.clearDepartures()
        counters.add(.turns, 1)
        defer { hasMail = false }
        return Turn(now: engarde_monotonic_nanoseconds(), hasMail: hasMail)
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
            let departure = batch.departures + index
            let run = batch.runs + Int(departure.pointee.run)
            let slot = departure.pointee.slot
            counters.add(.sentDatagrams, slot: slot, run.pointee.segmentCount)
            counters.add(.sentBytes, slot: slot, run.pointee.bytes)
            if departure.pointee.path >= 0 {
                board?.add(departure.pointee.path, .sentDatagrams, run.pointee.segmentCount)
                board?.add(departure.pointee.path, .sentBytes, run.pointee.bytes)
            }
            if run.pointee.segmentCount == 1 || sockets[slot].pointee.mayProduceSegments {
                queueWhole(&batch, index, isRepeat: false)
            } else {
                for segment in 0..<run.pointee.segmentCount {
                    queueSegment(&batch, index, segment, isRepeat: false)
                }
            }
        }
    }

    @_noLocks
    private mutating func queueWhole(_ batch: inout Batch, _ index: Int, isRepeat: Bool) {
        makeRoom(&batch)
        let departure = batch.departures + index
        let message = arena.append(departure, batch.runs + Int(departure.pointee.run))
        push(
            message, departure.pointee.slot, CompletionToken(departure: index, segment: -1, isRepeat: isRepeat),
            &batch)
    }

    @_noLocks
    private mutating func queueSegment(_ batch: inout Batch, _ index: Int, _ segment: Int, isRepeat: Bool) {
        makeRoom(&batch)
        let departure = batch.departures + index
        let message = arena.append(departure, batch.runs + Int(departure.pointee.run), segment: segment)
        push(
            message, departure.pointee.slot,
            CompletionToken(departure: index, segment: segment, isRepeat: isRepeat), &batch)
    }

    @_noLocks
    private mutating func makeRoom(_ batch: inout Batch) {
        if arena.isFull { submit(&batch) }
    }

    @_noLocks
    private mutating func push(
        _ message: UnsafeMutablePointer<mmsghdr>, _ slot: UInt16, _ token: CompletionToken, _ batch: inout Batch
    ) {
        counters.add(.sends, slot: slot, 1)
        let header = UnsafeMutableRawPointer(message).assumingMemoryBound(to: msghdr.self)
        while !engarde_uring_send(ring, UInt32(slot), header, token.bits) { enter() }
    }

    /// Submits without waiting, reaps, and repeats until no refused send is left to be tried again and no refusal
    /// to be read: one that came later would find other departures in the place of its own.
    @_noLocks
    private mutating func submit(_ batch: inout Batch) {
        repeat {
            enter()
            arena.clear()
            reap(&batch)
        } while arena.count > 0 || engarde_uring_has_overflow(ring)
    }

    @_noLocks
    private mutating func enter() {
        counters.add(.systemCalls, 1)
        check(engarde_uring_submit(ring))
    }

    @_noLocks
    private mutating func submitAndWait(_ batch: inout Batch, deadline: Int64) {
        if batch.arrivalCount > 0 || hasMail { return submit(&batch) }
        var limit: Int64 = -1
        if deadline != .max { limit = max(0, deadline - engarde_monotonic_nanoseconds()) }
        counters.add(.systemCalls, 1)
        check(engarde_uring_submit_and_wait(ring, limit))
        arena.clear()
        reap(&batch)
        if arena.count > 0 || engarde_uring_has_overflow(ring) { submit(&batch) }
    }

    /// Weather passes: a signal, a timeout, a kernel short of memory. What was not submitted stays queued.
    @_noLocks
    private func check(_ result: Int32) {
        switch -result {
        case 0, EINTR, ETIME, EAGAIN, EBUSY, ENOMEM: break
        default: preconditionFailure()
        }
    }

    // MARK: Completions

    /// One completion at a time: taking a refusal may fill the arena, and so submit and reap in between.
    @_noLocks
    private mutating func reap(_ batch: inout Batch) {
        var completion = engarde_completion()
        while engarde_uring_reap(ring, &completion, 1) == 1 { take(completion, &batch) }
    }

    @_noLocks
    private mutating func take(_ completion: engarde_completion, _ batch: inout Batch) {
        let token = CompletionToken(bits: completion.token)
        switch token.kind {
        case .send: recover(token, errno: -completion.result, &batch)
        case .receive: receive(token.socket, completion, &batch)
        case .mail:
            isMailArmed = false
            needsArming = true
            hasMail = true
        case .cancel: break
        }
    }

    /// A send was refused: try it another way, or count its datagrams as lost on that link.
    @_noLocks
    private mutating func recover(_ token: CompletionToken, errno: Int32, _ batch: inout Batch) {
        let departure = batch.departures + token.departure
        let run = batch.runs + Int(departure.pointee.run)
        let slot = departure.pointee.slot
        let segmented = token.segment < 0 && run.pointee.segmentCount > 1
        switch SendRecovery(errno: errno, segmented: segmented, isRepeat: token.isRepeat) {
        case .sendSingly:
            sockets[slot].pointee.mayProduceSegments = false
            counters.set(.segmentationOff, slot: slot, 1)
            for segment in 0..<run.pointee.segmentCount {
                queueSegment(&batch, token.departure, segment, isRepeat: false)
            }
        case .sendAgain where token.segment < 0: queueWhole(&batch, token.departure, isRepeat: true)
        case .sendAgain: queueSegment(&batch, token.departure, token.segment, isRepeat: true)
        case .giveUp:
            let datagrams = segmented ? run.pointee.segmentCount : 1
            counters.add(SendFailure(errno: errno), slot: slot, datagrams)
            if departure.pointee.path >= 0 { board?.add(departure.pointee.path, .sendFailures, datagrams) }
        }
    }

    // MARK: Receiving

    @_noLocks
    private mutating func receive(_ socket: SocketHandle, _ completion: engarde_completion, _ batch: inout Batch) {
        let entry = sockets[socket.slot]
        if completion.buffer >= 0 {
            held[heldCount] = UInt16(truncatingIfNeeded: completion.buffer)
            heldCount += 1
            if completion.result >= 0 { arrive(socket, completion, &batch) }
        } else if completion.result < 0 && completion.result != -ENOBUFS && completion.result != -ECANCELED {
            // On a connected socket an ICMP error is reported here; it ends the receive, not the link.
            counters.add(.receiveErrors, slot: socket.slot, 1)
        }
        guard !completion.more, entry.pointee.generation == socket.generation else { return }
        entry.pointee.isArmed = false
        if entry.pointee.isServed { needsArming = true } else { counters.release(socket) }
    }

    @_noLocks
    private mutating func arrive(_ socket: SocketHandle, _ completion: engarde_completion, _ batch: inout Batch) {
        let buffer = UInt16(truncatingIfNeeded: completion.buffer)
        let datagram = engarde_uring_received(ring, buffer, completion.result)
        let entry = sockets[socket.slot]
        guard !datagram.truncated else { return counters.add(.truncated, 1) }
        let ancillary = engarde_read_ancillary(datagram.control, Int(datagram.control_length))
        let source =
            entry.pointee.wantsSource && datagram.name_length > 0
            ? SocketAddress(receivedFrom: datagram.name!) : SocketAddress()
        batch.receive(socket, datagram.payload, Int(datagram.payload_length), source, ancillary, counters)
    }

    @_noLocks
    private mutating func giveBack(_ count: Int) {
        guard count > 0 else { return }
        for index in 0..<count { engarde_uring_return_buffer(ring, held[index]) }
        engarde_uring_publish_buffers(ring)
        heldCount -= count
        for index in 0..<heldCount { held[index] = held[index + count] }
    }

    @_noLocks
    private mutating func armWhatEnded() {
        guard needsArming else { return }
        needsArming = false
        if !isMailArmed {
            while !engarde_uring_read_event(ring, mail, CompletionToken(.mail).bits) { enter() }
            isMailArmed = true
        }
        for slot in 0..<sockets.end {
            let entry = sockets.entries + slot
            guard entry.pointee.isServed, !entry.pointee.isArmed else { continue }
            let socket = SocketHandle(
                slot: UInt16(truncatingIfNeeded: slot), generation: entry.pointee.generation)
            let token = CompletionToken(receive: socket)
            while !engarde_uring_receive(ring, UInt32(slot), token.bits) { enter() }
            entry.pointee.isArmed = true
        }
    }

    // MARK: Sockets

    @_noLocks
    mutating func attach(_ socket: SocketHandle, descriptor: Int32, _ role: Command.Role) {
        var wantsSource = false
        if case .listen = role { wantsSource = true }
        sockets.attach(socket, descriptor: descriptor, wantsSource: wantsSource)
        counters.reset(slot: socket.slot, generation: socket.generation)
        check(engarde_uring_set_file(ring, UInt32(socket.slot), descriptor))
        needsArming = true
    }

    @_noLocks
    mutating func detach(_ socket: SocketHandle) {
        guard sockets.serves(socket) else { return }
        let entry = sockets[socket.slot]
        entry.pointee.isServed = false
        if entry.pointee.isArmed {
            let token = CompletionToken(receive: socket)
            while !engarde_uring_cancel(ring, token.bits, CompletionToken(.cancel).bits) { enter() }
        }
        // The receive under way has its own hold on the socket; the cancellation ends it in the next submission.
        check(engarde_uring_set_file(ring, UInt32(socket.slot), -1))
        if !entry.pointee.isArmed { counters.release(socket) }
    }
}
