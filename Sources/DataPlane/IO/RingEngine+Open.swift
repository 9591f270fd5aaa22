// SPDX-License-Identifier: GPL-2.0-or-later

internal import CShims.Uring
internal import Glibc
internal import Sockets

extension RingEngine {
    /// Set-up flags, best first.
    enum Mode: UInt32, CaseIterable {
        /// Linux 6.1.
        case deferTaskrun = 0
        /// Linux 5.19.
        case cooperative = 1
        case plain = 2
        /// Only when asked for.
        case submissionThread = 3

        /// Those worth trying when nothing is asked for, best first.
        static let automatic = [deferTaskrun, cooperative, plain]

        var name: String {
            switch self {
            case .deferTaskrun: "deferred task run, single issuer"
            case .cooperative: "cooperative task run"
            case .plain: "plain"
            case .submissionThread: "submission thread"
            }
        }
    }

    /// Sends that fit one submission.
    private static let submissionEntries: UInt32 = 1024
    /// Receives and refusals that fit without the kernel having to set them aside.
    private static let completionEntries: UInt32 = 4096
    /// Long enough to stay awake between datagrams of a busy tunnel, short enough to let an idle machine sleep.
    private static let submissionThreadIdleMilliseconds: UInt32 = 20
    private static let bufferBytes = (Int(ENGARDE_URING_BUFFER_OVERHEAD) + Limits.datagramBytes + 63) & ~63

    /// How the engine waits while datagrams are far apart.
    enum QuietWait {
        /// In `io_uring_enter`, told not to count as waiting for a disk (Linux 6.15), and else for the ``signal``.
        case automatic
        /// For the ring's signal, as on kernels before 6.15.
        case signal
    }

    /// Opens the engine on the calling thread, which must be the one to use it.
    ///
    /// - Throws: the errno of what the kernel refused: EPERM or ENOSYS where io_uring is switched off, EINVAL or
    ///   EOPNOTSUPP where a feature is missing, ENOMEM under a tight memory lock limit.
    static func open(
        _ mode: Mode, mailbox: MailboxReader, counters: Counters, events: EventWriter,
        quietWait: QuietWait = .automatic
    ) throws(Errno) -> RingEngine {
        let memory = UnsafeMutableRawPointer.allocate(byteCount: Limits.ringBuffers * Self.bufferBytes, alignment: 64)
        var options = unsafe engarde_uring_options(
            mode: mode.rawValue, submission_entries: Self.submissionEntries,
            completion_entries: Self.completionEntries, buffer_count: UInt32(Limits.ringBuffers),
            sqpoll_idle_milliseconds: Self.submissionThreadIdleMilliseconds,
            buffer_size: UInt32(Self.bufferBytes), buffer_memory: memory, event: mailbox.descriptor,
            without_no_iowait: quietWait == .signal)
        var opened: OpaquePointer?
        let result = unsafe engarde_uring_open(&opened, &options)
        guard result == 0, let opened = unsafe opened else {
            unsafe memory.deallocate()
            throw Errno(-result)
        }
        var engine = unsafe RingEngine(
            ring: opened, bufferMemory: memory, mail: mailbox.descriptor,
            sendsAreSilent: mode != .submissionThread, counters: counters, events: events)
        try engine.proveReceive()
        return engine
    }

    private init(
        ring: OpaquePointer, bufferMemory: UnsafeMutableRawPointer, mail: Int32, sendsAreSilent: Bool,
        counters: Counters, events: EventWriter
    ) {
        self.sendsAreSilent = sendsAreSilent
        unsafe self.ring = unsafe ring
        hasSignal = unsafe engarde_uring_has_signal(ring)
        unsafe self.bufferMemory = unsafe bufferMemory
        self.mail = mail
        self.counters = counters
        self.events = events
        unsafe completions = .allocate(capacity: Self.completionsPerReap)
    }

    /// Has the kernel poll network devices while this engine waits, see ``Tuning/busyPollMicroseconds``.
    func busyPoll(microseconds: Int) throws(Errno) {
        try unsafe checked(engarde_uring_busy_poll(ring, UInt32(microseconds)))
    }

    /// Receives one datagram for real: kernels before 6.0 accept the ring but refuse multishot receives, and no
    /// flag tells.
    private mutating func proveReceive() throws(Errno) {
        unsafe buffers.grow(by: Limits.ringBufferPortion, ring)
        unsafe engarde_uring_publish_buffers(ring)
        var pair: [Int32] = [-1, -1]
        try unsafe checkedLibc(socketpair(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0, &pair))
        let ours = FileDescriptor(owning: pair[0])
        let theirs = FileDescriptor(owning: pair[1])
        let token = CompletionToken(receive: SocketHandle(slot: 0, generation: 0))
        _ = unsafe engarde_uring_receive(ring, ours.rawValue, token.bits)
        underWay += 1
        var byte: UInt8 = 1
        _ = unsafe write(theirs.rawValue, &byte, 1)
        let completion = try awaitReceive()
        if completion.result < 0 { throw Errno(-completion.result) }
        guard completion.buffer >= 0, completion.more else { throw Errno(EOPNOTSUPP) }
        unsafe engarde_uring_return_buffer(ring, UInt16(completion.buffer))
        unsafe engarde_uring_publish_buffers(ring)
        _ = unsafe engarde_uring_cancel(ring, token.bits, CompletionToken(.cancel).bits)
        _ = try awaitReceive()
    }

    /// The next completion of the only receive, its end as well.
    private mutating func awaitReceive() throws(Errno) -> engarde_completion {
        try unsafe checked(engarde_uring_submit_and_wait(ring, 1_000_000_000))
        var completion = engarde_completion()
        guard unsafe engarde_uring_reap(ring, &completion, 1) == 1 else { throw Errno(ETIME) }
        if !completion.more { underWay -= 1 }
        return completion
    }
}
