// SPDX-License-Identifier: GPL-2.0-or-later

internal import CShims.Socket
internal import Glibc
internal import Sockets

/// The one way out, for every engine: makes messages of transmits, and decides about those the kernel refuses.
///
///     transmit ──► one message, segmented by the kernel ──refused──► one message a segment ──refused──► lost
///              └─► one message a segment, where the target has lost segmentation
///
/// An engine appends transmits, sends the messages in whatever order it likes, reports the refused ones, and goes on
/// with ``appendRetries(of:)`` until there are none. A message is valid until ``clear()``; the queue must stay put as
/// long. It is passed `inout`, though it is only read: else the compiler copies it for each call.
@safe
struct TransmitMessages: ~Copyable {
    /// What a message is made of.
    struct Content: BitwiseCopyable {
        /// The transmit's index in the queue.
        var transmit: Int32
        /// The segment, or -1 for the whole run.
        var segment: Int16
        /// It was refused before.
        var isRepeat: Bool
        /// Of a retry: every segment is to be sent by itself.
        var isSplit = false

        @_noLocks
        init(transmit: Int, segment: Int, isRepeat: Bool) {
            self.transmit = Int32(truncatingIfNeeded: transmit)
            self.segment = Int16(truncatingIfNeeded: segment)
            self.isRepeat = isRepeat
        }
    }

    /// `mmsghdr` serves both engines: the ring uses its first field.
    let headers: UnsafeMutablePointer<mmsghdr>
    private let contents: UnsafeMutablePointer<Content>
    private let names: UnsafeMutablePointer<SocketAddress>
    private let slices: UnsafeMutablePointer<iovec>
    private let ancillary: UnsafeMutableRawPointer
    private(set) var count = 0
    private let retries: UnsafeMutablePointer<Content>
    private var retryCount = 0
    private var retryCursor = 0
    private var offload: UDPOffload
    /// Bytes of the largest datagram that leaves in one piece, by slot.
    private let wholeBytes: UnsafeMutablePointer<Int32>
    /// Bytes appended since the program began.
    private(set) var bytes = 0
    private let counters: Counters
    private let events: EventWriter
    /// The server's paths, which share one socket; nil on a client.
    private let paths: PathStatistics?

    static var capacity: Int { @_noLocks get { Limits.transmits } }

    init(counters: Counters, events: EventWriter, paths: PathStatistics?) {
        self.counters = counters
        self.events = events
        self.paths = paths
        offload = UDPOffload(paths: paths?.capacity ?? 0)
        let capacity = Self.capacity
        unsafe headers = .allocate(capacity: capacity)
        unsafe headers.initialize(repeating: mmsghdr(), count: capacity)
        unsafe contents = .allocate(capacity: capacity)
        unsafe names = .allocate(capacity: capacity)
        unsafe slices = .allocate(capacity: capacity)
        unsafe slices.initialize(repeating: iovec(), count: capacity)
        unsafe ancillary = .allocate(
            byteCount: capacity * Int(ENGARDE_ANCILLARY_OUT), alignment: MemoryLayout<cmsghdr>.alignment)
        unsafe retries = .allocate(capacity: capacity)
        unsafe wholeBytes = .allocate(capacity: Limits.socketSlots)
        unsafe wholeBytes.initialize(repeating: .max, count: Limits.socketSlots)
    }

    deinit {
        unsafe headers.deallocate()
        unsafe contents.deallocate()
        unsafe names.deallocate()
        unsafe slices.deallocate()
        unsafe ancillary.deallocate()
        unsafe retries.deallocate()
        unsafe wholeBytes.deallocate()
    }

    // MARK: Sockets

    /// Forgets what is known of a slot's socket: another one has it.
    @_noLocks
    mutating func reset(slot: UInt16) {
        offload.reset(slot: slot)
        unsafe wholeBytes[Int(slot)] = .max
    }

    /// Counts datagrams of more bytes than this as fragmented.
    @_noLocks
    mutating func fit(slot: UInt16, datagramBytes: Int32) { unsafe wholeBytes[Int(slot)] = datagramBytes }

    // MARK: Messages

    /// Appends the messages of a transmit: its run in one where its target takes that, else each segment in one.
    ///
    /// - Returns: false when there is no room: the engine sends what there is, and asks again.
    @_noLocks
    mutating func append(_ index: Int, of queue: inout TransmitQueue, now: Int64) -> Bool {
        let transmit = unsafe queue.transmit(index)
        let run = unsafe queue.run(of: index)
        let segmentCount = unsafe run.pointee.segmentCount
        let target = unsafe transmit.pointee.target
        var isTriedAgain = false
        if segmentCount == 1 || offload.isOn(target, now: now, isTriedAgain: &isTriedAgain) {
            guard count < Self.capacity else { return false }
            if isTriedAgain { unsafe note(transmit, segmentationOff: 0) }
            unsafe append(Content(transmit: index, segment: -1, isRepeat: false), transmit, run)
        } else {
            guard unsafe appendSegments(of: index, isRepeat: false, transmit, run) else { return false }
        }
        unsafe countSent(transmit, run)
        return true
    }

    /// Appends a message for each segment of a run, or none and returns false when there is no room for all.
    @_noLocks
    private mutating func appendSegments(
        of index: Int, isRepeat: Bool, _ transmit: UnsafeMutablePointer<Transmit>, _ run: UnsafeMutablePointer<Run>
    ) -> Bool {
        let segmentCount = unsafe run.pointee.segmentCount
        guard count + segmentCount <= Self.capacity else { return false }
        for segment in 0..<segmentCount {
            unsafe append(Content(transmit: index, segment: segment, isRepeat: isRepeat), transmit, run)
        }
        return true
    }

    /// Returns the socket a message leaves by.
    @_noLocks
    func slot(of message: Int, in queue: inout TransmitQueue) -> UInt16 {
        unsafe queue.transmit(Int(contents[message].transmit)).pointee.slot
    }

    @_noLocks
    private mutating func append(
        _ content: Content, _ transmit: UnsafeMutablePointer<Transmit>, _ run: UnsafeMutablePointer<Run>
    ) {
        precondition(count < Self.capacity)
        let message = unsafe headers + count
        let control = unsafe ancillary + count * Int(ENGARDE_ANCILLARY_OUT)
        unsafe contents[count] = content
        var segmentSize: UInt16 = 0
        if content.segment < 0 {
            if unsafe run.pointee.segmentCount > 1 {
                segmentSize = unsafe UInt16(truncatingIfNeeded: run.pointee.segmentSize)
            }
            unsafe message.pointee.msg_hdr.msg_iov = unsafe run.pointee.slices
            unsafe message.pointee.msg_hdr.msg_iovlen = run.pointee.sliceCount
        } else {
            unsafe slices[count] = unsafe run.pointee.segment(Int(content.segment))
            unsafe message.pointee.msg_hdr.msg_iov = unsafe slices + count
            unsafe message.pointee.msg_hdr.msg_iovlen = 1
        }
        let destination = unsafe transmit.pointee.destination
        if destination.kernelFamily == 0 {
            unsafe message.pointee.msg_hdr.msg_name = nil
            unsafe message.pointee.msg_hdr.msg_namelen = 0
        } else {
            unsafe names[count] = destination
            unsafe message.pointee.msg_hdr.msg_name = unsafe UnsafeMutableRawPointer(names + count)
            unsafe message.pointee.msg_hdr.msg_namelen = destination.kernelLength
        }
        let controlLength = unsafe engarde_write_ancillary(control, segmentSize, &transmit.pointee.local)
        unsafe message.pointee.msg_hdr.msg_control = unsafe controlLength == 0 ? nil : control
        unsafe message.pointee.msg_hdr.msg_controllen = controlLength
        count += 1
        unsafe counters.add(.sends, slot: transmit.pointee.slot, 1)
    }

    /// Forgets the messages, all of which are sent or reported refused.
    @_noLocks
    mutating func clear() { count = 0 }

    // MARK: Refusals

    /// Decides about a message that the kernel refused: it is counted as lost, or tried again by ``appendRetries(of:)``.
    ///
    /// - Parameter errno: positive.
    @inline(never)
    @_noLocks
    mutating func refuse(_ message: Int, errno: Int32, of queue: inout TransmitQueue, now: Int64) -> SendOutcome {
        let content = unsafe contents[message]
        let transmit = unsafe queue.transmit(Int(content.transmit))
        let segmentCount = unsafe content.segment < 0 ? queue.run(of: Int(content.transmit)).pointee.segmentCount : 1
        let outcome = SendOutcome(errno: errno, segmented: segmentCount > 1, isRepeat: content.isRepeat)
        // The list is full only when as many messages as there is memory for have been refused.
        guard outcome.isTriedAgain, retryCount < Self.capacity else {
            unsafe countLost(transmit, segmentCount, SendFailure(errno: errno))
            return outcome.isTriedAgain ? .lost : outcome
        }
        var retry = content
        retry.isRepeat = true
        if case .split = outcome {
            if unsafe offload.refuse(transmit.pointee.target, now: now) { unsafe note(transmit, segmentationOff: errno) }
            retry.isSplit = true
        }
        unsafe retries[retryCount] = retry
        retryCount += 1
        return outcome
    }

    /// Appends messages for what is worth another try, as many as fit. Returns false when there is nothing.
    @inline(never)
    @_noLocks
    mutating func appendRetries(of queue: inout TransmitQueue) -> Bool {
        while retryCursor < retryCount {
            let retry = unsafe retries[retryCursor]
            let transmit = unsafe queue.transmit(Int(retry.transmit))
            let run = unsafe queue.run(of: Int(retry.transmit))
            if retry.isSplit {
                guard unsafe appendSegments(of: Int(retry.transmit), isRepeat: true, transmit, run) else { return true }
            } else {
                guard count < Self.capacity else { return true }
                unsafe append(retry, transmit, run)
            }
            retryCursor += 1
        }
        retryCount = 0
        retryCursor = 0
        return count > 0
    }

    // MARK: Statistics

    @_noLocks
    private mutating func countSent(_ transmit: UnsafeMutablePointer<Transmit>, _ run: UnsafeMutablePointer<Run>) {
        let (datagrams, length) = unsafe (run.pointee.segmentCount, run.pointee.bytes)
        let (slot, path) = unsafe (transmit.pointee.slot, transmit.pointee.target.path)
        bytes &+= length
        counters.add(.sentDatagrams, slot: slot, datagrams)
        counters.add(.sentBytes, slot: slot, length)
        let whole = unsafe Int(wholeBytes[Int(slot)])
        if unsafe run.pointee.segmentSize > whole {
            // The last segment of a run may be shorter.
            let last = unsafe length - (datagrams - 1) * run.pointee.segmentSize
            counters.add(.fragmentedDatagrams, slot: slot, last > whole ? datagrams : datagrams - 1)
        }
        if let path {
            paths?.add(path, .sentDatagrams, datagrams)
            paths?.add(path, .sentBytes, length)
        }
    }

    @_noLocks
    private mutating func countLost(
        _ transmit: UnsafeMutablePointer<Transmit>, _ datagrams: Int, _ failure: SendFailure
    ) {
        let (slot, path) = unsafe (transmit.pointee.slot, transmit.pointee.target.path)
        counters.add(failure, slot: slot, datagrams)
        counters.set(.lastFailure, slot: slot, UInt64(failure.index) + 1)
        if let path {
            paths?.add(path, .sendFailures, datagrams)
            paths?.set(path, .lastFailure, UInt64(failure.index) + 1)
        }
    }

    /// Publishes and reports that a target has lost segmentation offload (by an errno), or that it is tried again (0).
    @inline(never)
    @_noLocks
    private mutating func note(_ transmit: UnsafeMutablePointer<Transmit>, segmentationOff errno: Int32) {
        let (slot, path) = unsafe (transmit.pointee.slot, transmit.pointee.target.path)
        var target = EventTarget.socket(slot: slot)
        if let path {
            target = .path(path.position)
            paths?.set(path, .segmentationOff, UInt64(errno))
        } else {
            counters.set(.segmentationOff, slot: slot, UInt64(errno))
        }
        events.postIfRoom(errno == 0 ? .offloadTried(target) : .offloadLost(target, errno: errno))
    }
}
