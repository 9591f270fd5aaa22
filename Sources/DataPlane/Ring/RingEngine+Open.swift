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

        var name: String {
            switch self {
            case .deferTaskrun: "deferred task run, single issuer"
            case .cooperative: "cooperative task run"
            case .plain: "plain"
            }
        }
    }

    /// Sends that fit one submission.
    private static let submissionEntries: UInt32 = 1024
    /// Receives and refusals that fit without the kernel having to set them aside.
    private static let completionEntries: UInt32 = 4096
    private static let bufferBytes = (Int(ENGARDE_URING_BUFFER_OVERHEAD) + Limits.datagramBytes + 63) & ~63

    /// Opens the engine on the calling thread, which must be the one to use it.
    ///
    /// - Throws: the errno of what the kernel refused: EPERM or ENOSYS where io_uring is switched off, EINVAL or
    ///   EOPNOTSUPP where a feature is missing, ENOMEM under a tight memory lock limit.
    static func open(
        _ mode: Mode, mailbox: MailboxReader, counters: Counters, board: PathBoard?
    ) throws(Errno) -> RingEngine {
        let memory = UnsafeMutableRawPointer.allocate(byteCount: Limits.buffers * Self.bufferBytes, alignment: 64)
        var options = engarde_uring_options(
            mode: mode.rawValue, submission_entries: Self.submissionEntries,
            completion_entries: Self.completionEntries, file_slots: UInt32(Limits.socketSlots),
            buffer_count: UInt32(Limits.buffers), buffer_size: UInt32(Self.bufferBytes), buffer_memory: memory)
        var opened: OpaquePointer?
        let result = engarde_uring_open(&opened, &options)
        guard result == 0, let opened else {
            memory.deallocate()
            throw Errno(-result)
        }
        var engine = RingEngine(
            ring: opened, bufferMemory: memory, mail: mailbox.descriptor, counters: counters, board: board)
        try engine.proveReceive()
        return engine
    }

    private init(
        ring: OpaquePointer, bufferMemory: UnsafeMutableRawPointer, mail: Int32, counters: Counters,
        board: PathBoard?
    ) {
        self.ring = ring
        self.bufferMemory = bufferMemory
        self.mail = mail
        self.counters = counters
        self.board = board
        held = .allocate(capacity: Limits.buffers)
        needsArming = true
    }

    /// Receives one datagram for real: kernels before 6.0 accept the ring but refuse multishot receives, and no
    /// flag tells.
    private mutating func proveReceive() throws(Errno) {
        var pair: [Int32] = [-1, -1]
        try checkedLibc(socketpair(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0, &pair))
        let ours = FileDescriptor(owning: pair[0])
        let theirs = FileDescriptor(owning: pair[1])
        try checked(engarde_uring_set_file(ring, 0, ours.rawValue))
        let socket = SocketHandle(slot: 0, generation: 0)
        _ = engarde_uring_receive(ring, 0, CompletionToken(receive: socket).bits)
        var byte: UInt8 = 1
        _ = write(theirs.rawValue, &byte, 1)
        try checked(engarde_uring_submit_and_wait(ring, 1_000_000_000))
        var completion = engarde_completion()
        guard engarde_uring_reap(ring, &completion, 1) == 1 else { throw Errno(ETIME) }
        if completion.result < 0 { throw Errno(-completion.result) }
        guard completion.buffer >= 0, completion.more else { throw Errno(EOPNOTSUPP) }
        engarde_uring_return_buffer(ring, UInt16(completion.buffer))
        engarde_uring_publish_buffers(ring)
        _ = engarde_uring_cancel(ring, CompletionToken(receive: socket).bits, CompletionToken(.cancel).bits)
        // The end of the cancelled receive.
        try checked(engarde_uring_submit_and_wait(ring, 1_000_000_000))
        _ = engarde_uring_reap(ring, &completion, 1)
        try checked(engarde_uring_set_file(ring, 0, -1))
    }
}
