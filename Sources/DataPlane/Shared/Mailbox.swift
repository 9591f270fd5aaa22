// SPDX-License-Identifier: GPL-2.0-or-later

internal import Glibc
public import Sockets
internal import Synchronization

/// What the control side may tell the data plane.
public enum Command: Sendable, BitwiseCopyable {
    /// What a socket is for.
    public enum Role: UInt8, Sendable, BitwiseCopyable {
        /// Client: where WireGuard sends to. Server: where clients send to.
        case listen
        /// Client: one uplink, connected to the server.
        case link
        /// Server: connected to the far WireGuard.
        case upstream

        /// Whether datagrams come from more than one peer: the socket is not connected.
        var wantsSource: Bool { @_noLocks get { if case .listen = self { true } else { false } } }
    }

    /// Serve this socket. The descriptor stays the sender's and stays open until ``Event/released(_:)`` names it.
    case attach(SocketHandle, descriptor: Int32, Role)
    /// Take a link into the fan-out, or out of it while its socket and port stay.
    case carry(SocketHandle, Bool)
    /// Datagrams of more bytes than this leave the socket in fragments, and are counted.
    case fit(SocketHandle, datagramBytes: Int32)
    /// Let go of the socket.
    case detach(SocketHandle)
    /// Post ``Event/traffic`` at the next packet, or at once if others than so many have been received.
    case awaitTraffic(since: UInt64)
    /// End the thread.
    case stop
}

/// Commands from the control side to the data plane: writers take turns by a lock of theirs, the one reader has none.
///
///     writer: slot[tail] = command; tail += 1; signal the eventfd
///     reader: woken by the eventfd, takes everything between head and tail
@safe
public final class Mailbox: @unchecked Sendable {
    private let slots: UnsafeMutablePointer<Command>
    private let positions: UnsafeMutablePointer<Atomic<Int>>
    private let event: FileDescriptor
    private let writers = Mutex(())

    public init() throws(Errno) {
        event = try FileDescriptor.event()
        unsafe slots = .allocate(capacity: Limits.commands)
        unsafe positions = .allocate(capacity: 2)
        unsafe positions.initialize(to: Atomic(0))
        unsafe (positions + 1).initialize(to: Atomic(0))
    }

    deinit {
        unsafe slots.deallocate()
        unsafe positions.deallocate()
    }

    /// Hands over a command and wakes the data plane. When the queue is full this waits for the data plane, which empties it
    /// every turn.
    public func post(_ command: Command) { writers.withLock { _ in append(command) } }

    private func append(_ command: Command) {
        let tail = unsafe positions[1].load(ordering: .relaxed)
        while unsafe tail - positions[0].load(ordering: .acquiring) == Limits.commands {
            event.signal()
            usleep(100)
        }
        unsafe (slots + tail % Limits.commands).initialize(to: command)
        unsafe positions[1].store(tail + 1, ordering: .releasing)
        event.signal()
    }

    /// Wakes the data plane without a command: the turn of its loop that it waits in ends, and the next begins.
    public func knock() { event.signal() }

    /// The reading end, for the data plane's thread.
    var reader: MailboxReader {
        unsafe MailboxReader(slots: slots, positions: positions, descriptor: event.rawValue)
    }
}

/// The data plane's end of a mailbox. The mailbox must outlive it.
@safe
struct MailboxReader: BitwiseCopyable {
    let slots: UnsafeMutablePointer<Command>
    let positions: UnsafeMutablePointer<Atomic<Int>>
    /// The eventfd that becomes readable when a command is there.
    let descriptor: Int32

    /// The next command, or nil when there is none.
    @_noLocks
    func next() -> Command? {
        let head = unsafe positions[0].load(ordering: .relaxed)
        if unsafe head == positions[1].load(ordering: .acquiring) { return nil }
        let command = unsafe slots[head % Limits.commands]
        unsafe positions[0].store(head + 1, ordering: .releasing)
        return command
    }
}
