// SPDX-License-Identifier: GPL-2.0-or-later

internal import CShims.Socket
internal import Glibc
internal import Sockets

/// The engine for kernels and containers without io_uring: readiness, then one call a socket and direction.
///
///     receive:   epoll_wait ─► recvmmsg per ready socket
///     transmit:  sendmmsg per socket with transmits
@safe
struct PollingEngine: ~Copyable, Engine {
    private let epoll: FileDescriptor
    private let counters: Counters
    private let events: EventWriter
    private let mail: Int32
    private var sockets = EngineSockets()
    private let buffers = ReceiveBuffers()
    /// Buffers that packets of this batch view: the first so many.
    private var buffersUsed = 0
    private let ready: UnsafeMutablePointer<engarde_ready>
    /// Transmits of one socket, chained in order: head and tail a slot, next a transmit.
    private let firstTransmit: UnsafeMutablePointer<Int32>
    private let lastTransmit: UnsafeMutablePointer<Int32>
    private let nextTransmit: UnsafeMutablePointer<Int32>
    /// When the last wait ended, monotonic nanoseconds.
    private var now: Int64 = 0

    private static var readyCapacity: Int { @_noLocks get { 64 } }
    /// Packets taken from one socket before the next has its turn.
    private static var receivesPerSocket: Int { @_noLocks get { 32 } }

    /// Opens the engine; any thread may use it, one at a time.
    static func open(mailbox: MailboxReader, counters: Counters, events: EventWriter) throws(Errno) -> PollingEngine {
        let epoll = FileDescriptor(owning: try checked(engarde_epoll_create()))
        try checked(engarde_epoll_add(epoll.rawValue, mailbox.descriptor, UInt64.max))
        return PollingEngine(epoll: epoll, mail: mailbox.descriptor, counters: counters, events: events)
    }

    private init(epoll: consuming FileDescriptor, mail: Int32, counters: Counters, events: EventWriter) {
        self.epoll = epoll
        self.counters = counters
        self.events = events
        self.mail = mail
        unsafe ready = .allocate(capacity: Self.readyCapacity)
        unsafe firstTransmit = .allocate(capacity: Limits.socketSlots)
        unsafe lastTransmit = .allocate(capacity: Limits.socketSlots)
        unsafe nextTransmit = .allocate(capacity: Limits.transmits)
        unsafe firstTransmit.initialize(repeating: -1, count: Limits.socketSlots)
        unsafe lastTransmit.initialize(repeating: -1, count: Limits.socketSlots)
    }

    deinit {
        unsafe ready.deallocate()
        unsafe firstTransmit.deallocate()
        unsafe lastTransmit.deallocate()
        unsafe nextTransmit.deallocate()
    }

    // MARK: Receive

    @_noLocks
    mutating func receive(_ batch: inout Batch, until deadline: Int64) -> Wake {
        var deadline = deadline
        if sockets.resumeAt != .max {
            resumeReceives()
            deadline = min(deadline, sockets.resumeAt)
        }
        var limit: Int64 = -1
        if deadline != .max { limit = max(0, deadline - engarde_monotonic_nanoseconds()) }
        counters.add(.systemCalls, 1)
        let count = unsafe engarde_epoll_wait(epoll.rawValue, ready, Int32(Self.readyCapacity), limit)
        var hasCommands = false
        var index = 0
        while index < Int(count) {  // not entered when the wait was interrupted
            let token = unsafe ready[index].token
            index += 1
            if token == .max {
                counters.add(.systemCalls, 1)
                _ = engarde_read_event(mail)
                hasCommands = true
            } else {
                receive(CompletionToken(bits: token).socket, &batch)
            }
        }
        now = engarde_monotonic_nanoseconds()
        return Wake(now: now, hasCommands: hasCommands)
    }

    @_noLocks
    private mutating func receive(_ socket: SocketHandle, _ batch: inout Batch) {
        guard sockets.serves(socket) else { return }
        let entry = sockets[socket.slot]
        let first = buffersUsed
        let room = min(Limits.buffers - first, Self.receivesPerSocket)
        guard room > 0 else { return }  // readiness is level-triggered: it comes back next turn
        buffers.prepare(first, count: room)
        counters.add(.systemCalls, 1)
        let count = unsafe engarde_recvmmsg(
            entry.descriptor, buffers.messages + first, UInt32(truncatingIfNeeded: room))
        if count < 0 {
            if !ReceiveFailure.isWeather(errno: -count) { fail(socket, errno: -count) }
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
                unsafe entry.wantsSource && message.pointee.msg_hdr.msg_namelen > 0
                ? SocketAddress(receivedFrom: message.pointee.msg_hdr.msg_name!) : SocketAddress()
            unsafe batch.receive(
                socket, buffers.payload(index), Int(message.pointee.msg_len), source, ancillary)
        }
    }

    // MARK: Transmit

    @_noLocks
    mutating func transmit(_ batch: inout Batch) {
        flush(&batch)
        batch.clearPackets()
    }

    @_noLocks
    mutating func flush(_ batch: inout Batch) {
        chain(&batch.queue)
        for slot in 0..<sockets.end where unsafe firstTransmit[slot] >= 0 {
            var transmit = unsafe firstTransmit[slot]
            unsafe firstTransmit[slot] = -1
            let slot = UInt16(truncatingIfNeeded: slot)
            while transmit >= 0 {
                while !batch.messages.append(Int(transmit), of: &batch.queue, now: now) { send(&batch, slot) }
                transmit = unsafe nextTransmit[Int(transmit)]
            }
            send(&batch, slot)
        }
        batch.queue.clear()
    }

    /// Groups the transmits by socket, each group in order.
    @_noLocks
    private mutating func chain(_ queue: inout TransmitQueue) {
        for index in 0..<queue.transmitCount {
            let slot = unsafe Int(queue.transmit(index).pointee.slot)
            unsafe nextTransmit[index] = -1
            if unsafe firstTransmit[slot] < 0 {
                unsafe firstTransmit[slot] = Int32(truncatingIfNeeded: index)
            } else {
                unsafe nextTransmit[Int(lastTransmit[slot])] = Int32(truncatingIfNeeded: index)
            }
            unsafe lastTransmit[slot] = Int32(truncatingIfNeeded: index)
        }
    }

    /// Sends the messages, all of one socket, and what is worth another try.
    @inline(never)
    @_noLocks
    private mutating func send(_ batch: inout Batch, _ slot: UInt16) {
        let descriptor = sockets[slot].descriptor
        repeat {
            var position = 0
            while position < batch.messages.count {
                counters.add(.systemCalls, 1)
                let result = unsafe engarde_sendmmsg(
                    descriptor, batch.messages.headers + position,
                    UInt32(truncatingIfNeeded: batch.messages.count - position))
                if result > 0 {
                    position += Int(result)
                } else if result != -EINTR {
                    position = refuse(&batch, position, errno: -result)
                }
            }
            batch.messages.clear()
        } while batch.messages.appendRetries(of: &batch.queue)
    }

    /// Returns the position of the next message to send.
    @inline(never)
    @_noLocks
    private mutating func refuse(_ batch: inout Batch, _ position: Int, errno: Int32) -> Int {
        guard case .congested = batch.messages.refuse(position, errno: errno, of: &batch.queue, now: now) else {
            return position + 1
        }
        for rest in position + 1..<batch.messages.count {
            _ = batch.messages.refuse(rest, errno: errno, of: &batch.queue, now: now)
        }
        return batch.messages.count
    }

    // MARK: Recycle

    @_noLocks
    mutating func recycle(_ batch: inout Batch) { buffersUsed = 0 }

    // MARK: Sockets

    @_noLocks
    mutating func attach(_ socket: SocketHandle, descriptor: Int32, wantsSource: Bool) {
        sockets.attach(socket, descriptor: descriptor, wantsSource: wantsSource)
        watch(socket)
    }

    @_noLocks
    private mutating func watch(_ socket: SocketHandle) {
        let token = CompletionToken(receive: socket)
        let result = engarde_epoll_add(epoll.rawValue, sockets[socket.slot].descriptor, token.bits)
        // Out of kernel memory or watches, or no socket at all.
        if result < 0 { fail(socket, errno: -result) }
    }

    /// Stops to receive on a socket for a while: readiness is level-triggered, so an error that stays would keep the loop
    /// busy.
    @inline(never)
    @_noLocks
    private mutating func fail(_ socket: SocketHandle, errno: Int32) {
        events.post(.receiveFailed(socket, errno: errno))
        _ = engarde_epoll_remove(epoll.rawValue, sockets[socket.slot].descriptor)
        sockets.pauseReceive(socket, until: engarde_monotonic_nanoseconds() + ReceiveFailure.pauseNanoseconds)
    }

    /// Receives again on sockets whose pause is over.
    @_noLocks
    private mutating func resumeReceives() {
        while let socket = sockets.nextResumed(now: engarde_monotonic_nanoseconds()) { watch(socket) }
    }

    @_noLocks
    func serves(_ socket: SocketHandle) -> Bool { sockets.serves(socket) }

    @_noLocks
    mutating func detach(_ socket: SocketHandle) {
        guard sockets.serves(socket) else { return }
        sockets[socket.slot].isServed = false
        _ = engarde_epoll_remove(epoll.rawValue, sockets[socket.slot].descriptor)
        events.post(.released(socket))
    }
}
