// SPDX-License-Identifier: GPL-2.0-or-later

internal import CShims.Socket
internal import Glibc
internal import Sockets

/// The engine for kernels and containers without io_uring: readiness, then one call a socket and direction.
///
///     turn:  sendmmsg per socket with departures ─► epoll_wait ─► recvmmsg per ready socket
@safe
struct PollingEngine: ~Copyable, Engine {
    let epoll: FileDescriptor
    let counters: Counters
    let mail: Int32
    var sockets: EngineSockets
    var arena = MessageArena(capacity: Limits.departures)
    /// The segments of one run that may not leave in one piece.
    var singles = MessageArena(capacity: Limits.segmentsPerRun)
    let buffers: ReceiveBuffers
    /// Buffers that arrivals of this batch view: the first so many.
    var buffersUsed = 0
    let ready: UnsafeMutablePointer<engarde_ready>
    /// Departures of one socket, chained in order: head and tail a slot, next a departure.
    let firstDeparture: UnsafeMutablePointer<Int32>
    let lastDeparture: UnsafeMutablePointer<Int32>
    let nextDeparture: UnsafeMutablePointer<Int32>
    /// Which departure, and which segment of it or -1, message number i of the arena is.
    let sent: UnsafeMutablePointer<(departure: Int32, segment: Int32)>

    static var readyCapacity: Int { @_noLocks get { 64 } }
    /// Datagrams taken from one socket before the next has its turn.
    static var receivesPerSocket: Int { @_noLocks get { 32 } }

    /// Opens the engine; any thread may use it, one at a time.
    static func open(
        mailbox: MailboxReader, counters: Counters, board: PathBoard?
    ) throws(Errno) -> PollingEngine {
        let epoll = FileDescriptor(owning: try checked(engarde_epoll_create()))
        try checked(engarde_epoll_add(epoll.rawValue, mailbox.descriptor, UInt64.max))
        return PollingEngine(epoll: epoll, mail: mailbox.descriptor, counters: counters, board: board)
    }

    private init(epoll: consuming FileDescriptor, mail: Int32, counters: Counters, board: PathBoard?) {
        self.epoll = epoll
        self.counters = counters
        sockets = EngineSockets(counters: counters, board: board)
        self.mail = mail
        buffers = ReceiveBuffers()
        unsafe ready = .allocate(capacity: Self.readyCapacity)
        unsafe firstDeparture = .allocate(capacity: Limits.socketSlots)
        unsafe lastDeparture = .allocate(capacity: Limits.socketSlots)
        unsafe nextDeparture = .allocate(capacity: Limits.departures)
        unsafe sent = .allocate(capacity: Limits.departures)
        unsafe firstDeparture.initialize(repeating: -1, count: Limits.socketSlots)
        unsafe lastDeparture.initialize(repeating: -1, count: Limits.socketSlots)
    }

    deinit {
        unsafe ready.deallocate()
        unsafe firstDeparture.deallocate()
        unsafe lastDeparture.deallocate()
        unsafe nextDeparture.deallocate()
        unsafe sent.deallocate()
    }

    @_noLocks
    mutating func turn(_ batch: inout Batch, deadline: Int64, endsBurst: Bool) -> Turn {
        flush(&batch)
        if endsBurst {
            counters.add(.systemCalls, 1)
            engarde_yield()
        }
        batch.clearArrivals()
        buffersUsed = 0
        var limit: Int64 = -1
        if deadline != .max { limit = max(0, deadline - engarde_monotonic_nanoseconds()) }
        counters.add(.systemCalls, 1)
        let count = unsafe engarde_epoll_wait(epoll.rawValue, ready, Int32(Self.readyCapacity), limit)
        var hasMail = false
        var index = 0
        while index < Int(count) {  // not entered when the wait was interrupted
            let token = unsafe ready[index].token
            index += 1
            if token == .max {
                counters.add(.systemCalls, 1)
                _ = engarde_read_event(mail)
                hasMail = true
            } else {
                receive(CompletionToken(bits: token).socket, &batch)
            }
        }
        counters.add(.turns, 1)
        return Turn(now: engarde_monotonic_nanoseconds(), hasMail: hasMail)
    }

    // MARK: Sending

    @_noLocks
    mutating func flush(_ batch: inout Batch) {
        chain(&batch)
        for slot in 0..<sockets.end where unsafe firstDeparture[slot] >= 0 {
            var departure = unsafe firstDeparture[slot]
            unsafe firstDeparture[slot] = -1
            while departure >= 0 {
                let due = unsafe batch.departures + Int(departure)
                unsafe sockets.countSent(due, batch.runs + Int(due.pointee.run))
                add(&batch, Int(departure))
                departure = unsafe nextDeparture[Int(departure)]
            }
            send(&batch, UInt16(truncatingIfNeeded: slot))
        }
        batch.clearDepartures()
    }

    /// Groups the departures by socket, each group in order.
    @_noLocks
    private mutating func chain(_ batch: inout Batch) {
        for index in 0..<batch.departureCount {
            let slot = unsafe Int(batch.departures[index].slot)
            unsafe nextDeparture[index] = -1
            if unsafe firstDeparture[slot] < 0 {
                unsafe firstDeparture[slot] = Int32(truncatingIfNeeded: index)
            } else {
                unsafe nextDeparture[Int(lastDeparture[slot])] = Int32(truncatingIfNeeded: index)
            }
            unsafe lastDeparture[slot] = Int32(truncatingIfNeeded: index)
        }
    }

    /// Makes the messages of one departure: a run in one where its way allows that.
    @_noLocks
    private mutating func add(_ batch: inout Batch, _ index: Int) {
        let departure = unsafe batch.departures + index
        let run = unsafe batch.runs + Int(departure.pointee.run)
        if unsafe run.pointee.segmentCount == 1 || sockets.mayProduceSegments(departure) {
            addWhole(&batch, index)
        } else {
            addSegments(&batch, index)
        }
    }

    @_noLocks
    private mutating func addWhole(_ batch: inout Batch, _ index: Int) {
        let departure = unsafe batch.departures + index
        if arena.isFull { unsafe send(&batch, departure.pointee.slot) }
        unsafe sent[arena.count] = (Int32(truncatingIfNeeded: index), -1)
        _ = unsafe arena.append(departure, batch.runs + Int(departure.pointee.run))
        unsafe counters.add(.sends, slot: departure.pointee.slot, 1)
    }

    @_noLocks
    private mutating func addSegments(_ batch: inout Batch, _ index: Int) {
        let departure = unsafe batch.departures + index
        let run = unsafe batch.runs + Int(departure.pointee.run)
        for segment in unsafe 0..<run.pointee.segmentCount {
            if arena.isFull { unsafe send(&batch, departure.pointee.slot) }
            unsafe sent[arena.count] = (Int32(truncatingIfNeeded: index), Int32(truncatingIfNeeded: segment))
            _ = unsafe arena.append(departure, run, segment: segment)
            unsafe counters.add(.sends, slot: departure.pointee.slot, 1)
        }
    }

    /// Sends the arena's messages, all of one socket, and empties it.
    @_noLocks
    private mutating func send(_ batch: inout Batch, _ slot: UInt16) {
        let descriptor = unsafe sockets[slot].pointee.descriptor
        var position = 0
        var isRepeat = false
        while position < arena.count {
            counters.add(.systemCalls, 1)
            let result = unsafe engarde_sendmmsg(
                descriptor, arena.messages + position, UInt32(truncatingIfNeeded: arena.count - position))
            if result > 0 {
                position += Int(result)
                isRepeat = false
                continue
            }
            if result == -EINTR { continue }
            switch SendRecovery(errno: -result, segmented: isSegmented(&batch, position), isRepeat: isRepeat) {
            case .sendAgain: isRepeat = true
            case .sendSingly:
                sendSingly(&batch, position)
                position += 1
                isRepeat = false
            case .giveUp:
                // A full send buffer refuses the rest of this turn as well: do not ask once a message.
                let last = result == -EAGAIN ? arena.count : position + 1
                while position < last {
                    lose(&batch, position, SendFailure(errno: -result))
                    position += 1
                }
                isRepeat = false
            }
        }
        arena.clear()
    }

    @_noLocks
    private func isSegmented(_ batch: inout Batch, _ position: Int) -> Bool {
        let (departure, segment) = unsafe sent[position]
        return unsafe segment < 0 && batch.runs[Int(batch.departures[Int(departure)].run)].segmentCount > 1
    }

    @_noLocks
    private func lose(_ batch: inout Batch, _ position: Int, _ failure: SendFailure) {
        let departure = unsafe batch.departures + Int(sent[position].departure)
        let datagrams = unsafe isSegmented(&batch, position) ? batch.runs[Int(departure.pointee.run)].segmentCount : 1
        unsafe sockets.countLost(departure, datagrams, failure)
    }

    /// Sends a run whose segmentation was refused segment by segment, from the same buffers and before what is
    /// behind it. What is refused again is lost.
    @_noLocks
    private mutating func sendSingly(_ batch: inout Batch, _ position: Int) {
        let departure = unsafe batch.departures + Int(sent[position].departure)
        let run = unsafe batch.runs + Int(departure.pointee.run)
        unsafe sockets.stopProducingSegments(departure)
        singles.clear()
        for segment in unsafe 0..<run.pointee.segmentCount {
            _ = unsafe singles.append(departure, run, segment: segment)
        }
        unsafe counters.add(.sends, slot: departure.pointee.slot, singles.count)
        let descriptor = unsafe sockets[departure.pointee.slot].pointee.descriptor
        var next = 0
        while next < singles.count {
            counters.add(.systemCalls, 1)
            let result = unsafe engarde_sendmmsg(
                descriptor, singles.messages + next, UInt32(truncatingIfNeeded: singles.count - next))
            if result > 0 {
                next += Int(result)
            } else if result != -EINTR {
                unsafe sockets.countLost(departure, 1, SendFailure(errno: -result))
                next += 1
            }
        }
    }

    // MARK: Receiving

    @_noLocks
    private mutating func receive(_ socket: SocketHandle, _ batch: inout Batch) {
        guard sockets.serves(socket) else { return }
        let entry = unsafe sockets[socket.slot]
        let first = buffersUsed
        let room = min(Limits.buffers - first, Self.receivesPerSocket)
        guard room > 0 else { return }  // readiness is level-triggered: it comes back next turn
        buffers.prepare(first, count: room)
        counters.add(.systemCalls, 1)
        let count = unsafe engarde_recvmmsg(
            entry.pointee.descriptor, buffers.messages + first, UInt32(truncatingIfNeeded: room))
        if count < 0 {
            // On a connected socket an ICMP error is reported here, once.
            if count != -EAGAIN && count != -EINTR { counters.add(.receiveErrors, slot: socket.slot, 1) }
            return
        }
        buffersUsed += Int(count)
        for index in first..<buffersUsed {
            let message = unsafe buffers.messages + index
            if unsafe message.pointee.msg_hdr.msg_flags & Int32(truncatingIfNeeded: MSG_TRUNC) != 0 {
                counters.add(.truncated, 1)
                continue
            }
            let ancillary = unsafe engarde_read_ancillary(
                message.pointee.msg_hdr.msg_control, message.pointee.msg_hdr.msg_controllen)
            let source =
                unsafe entry.pointee.wantsSource && message.pointee.msg_hdr.msg_namelen > 0
                ? SocketAddress(receivedFrom: message.pointee.msg_hdr.msg_name!) : SocketAddress()
            unsafe batch.receive(
                socket, buffers.payload(index), Int(message.pointee.msg_len), source, ancillary, counters)
        }
    }

    // MARK: Sockets

    @_noLocks
    mutating func attach(_ socket: SocketHandle, descriptor: Int32, _ role: Command.Role) {
        var wantsSource = false
        if case .listen = role { wantsSource = true }
        sockets.attach(socket, descriptor: descriptor, wantsSource: wantsSource)
        counters.reset(slot: socket.slot, generation: socket.generation)
        // Fails only out of kernel memory or watches; the socket then sends but does not receive.
        let token = CompletionToken(receive: socket)
        if engarde_epoll_add(epoll.rawValue, descriptor, token.bits) < 0 {
            counters.add(.receiveErrors, slot: socket.slot, 1)
        }
    }

    @_noLocks
    mutating func fit(_ socket: SocketHandle, datagramBytes: Int32) { sockets.fit(socket, datagramBytes: datagramBytes) }

    @_noLocks
    mutating func detach(_ socket: SocketHandle) {
        guard sockets.serves(socket) else { return }
        let entry = unsafe sockets[socket.slot]
        unsafe entry.pointee.isServed = false
        _ = unsafe engarde_epoll_remove(epoll.rawValue, entry.pointee.descriptor)
        counters.release(socket)
    }
}
