// SPDX-License-Identifier: GPL-2.0-or-later

internal import CShims.Socket
internal import Glibc
internal import Sockets
internal import Synchronization

/// What the data plane reports to the control side as it happens.
public enum Event: Hashable, Sendable, BitwiseCopyable {
    /// Nothing of the data plane uses this socket any more: its descriptor may be closed.
    case released(SocketHandle)
    /// The session that had the upstream socket in this slot is over. The socket must not serve another one.
    case retired(slot: UInt16)
    /// The kernel refuses segmented sends to this target (an errno): its datagrams leave one by one until it is tried again.
    case offloadLost(EventTarget, errno: Int32)
    /// Segmented sends to this target are tried again.
    case offloadTried(EventTarget)
    /// A receive on this socket failed for a reason (an errno) that is not the network's.
    case receiveFailed(SocketHandle, errno: Int32)
    /// A path appeared in the ``PathStatistics``, or went; or it is another session's, or validated, now.
    case pathsChanged
    /// A packet came, see ``Command/awaitTraffic(since:)``.
    case traffic
}

/// A socket, or a path by its index in the ``PathStatistics``.
public enum EventTarget: Hashable, Sendable, BitwiseCopyable {
    case socket(slot: UInt16)
    case path(Int)
}

/// Events from the data plane to the control side: one writer, one reader, no lock.
///
///     writer: slot[tail] = event; tail += 1; signal the eventfd unless it is signalled
///     reader: woken by the eventfd, takes everything between head and tail
///
/// A full ring loses events about paths and offload only: the rest of the ring is kept for what must arrive.
@safe
public final class EventRing: @unchecked Sendable {
    private let slots: UnsafeMutablePointer<Event>
    private let state: UnsafeMutablePointer<EventRingState>
    private let wakeUp: FileDescriptor

    init() throws(Errno) {
        wakeUp = try FileDescriptor.event()
        unsafe slots = .allocate(capacity: Limits.events)
        unsafe state = .allocate(capacity: 1)
        unsafe state.initialize(to: EventRingState())
    }

    deinit {
        unsafe state.deinitialize(count: 1)
        unsafe state.deallocate()
        unsafe slots.deallocate()
    }

    /// Becomes readable when there are events.
    public var descriptor: Int32 { wakeUp.rawValue }

    /// Returns the next event, or nil when there is none. One reader at a time.
    public func next() -> Event? {
        let head = unsafe state.pointee.head.load(ordering: .relaxed)
        if unsafe head == state.pointee.tail.load(ordering: .acquiring) { return nil }
        let event = unsafe slots[head % Limits.events]
        unsafe state.pointee.head.store(head + 1, ordering: .releasing)
        return event
    }

    /// Makes ``descriptor`` unreadable again, before the events are taken: those that come later signal it anew. Blocks
    /// when it is not readable.
    public func acknowledge() {
        _ = engarde_read_event(wakeUp.rawValue)
        unsafe state.pointee.isSignalled.store(false, ordering: .sequentiallyConsistent)
    }

    /// The writing end, for the data plane's thread.
    var writer: EventWriter { unsafe EventWriter(slots: slots, state: state, descriptor: wakeUp.rawValue) }
}

struct EventRingState: ~Copyable {
    let head = Atomic(0)
    let tail = Atomic(0)
    let isSignalled = Atomic(false)
}

/// The data plane's end of an event ring. The ring must outlive it.
@safe
struct EventWriter: BitwiseCopyable {
    private let slots: UnsafeMutablePointer<Event>
    private let state: UnsafeMutablePointer<EventRingState>
    private let descriptor: Int32

    init(slots: UnsafeMutablePointer<Event>, state: UnsafeMutablePointer<EventRingState>, descriptor: Int32) {
        unsafe self.slots = unsafe slots
        unsafe self.state = unsafe state
        self.descriptor = descriptor
    }

    /// Posts an event that must arrive. There is always room: each slot has a few of them at most at one time.
    @_noLocks
    func post(_ event: Event) {
        let posted = post(event, keeping: 0)
        precondition(posted)
    }

    /// Posts an event that may be lost while the reader is far behind.
    @_noLocks
    func postIfRoom(_ event: Event) { _ = post(event, keeping: Limits.reservedEvents) }

    @inline(never)
    @_noLocks
    private func post(_ event: Event, keeping reserve: Int) -> Bool {
        let tail = unsafe state.pointee.tail.load(ordering: .relaxed)
        guard unsafe tail - state.pointee.head.load(ordering: .acquiring) < Limits.events - reserve else { return false }
        unsafe (slots + tail % Limits.events).initialize(to: event)
        unsafe state.pointee.tail.store(tail + 1, ordering: .sequentiallyConsistent)
        if unsafe !state.pointee.isSignalled.exchange(true, ordering: .sequentiallyConsistent) {
            engarde_signal_event(descriptor)
        }
        return true
    }
}

extension Limits {
    /// Events that can wait for the control side.
    static var events: Int { @_noLocks get { 8192 } }
    /// Those of them for events that must arrive: each slot's socket is released once and retired once before the control
    /// side gives the slot to another, and its receive fails at most once a second.
    static var reservedEvents: Int { @_noLocks get { 4 * socketSlots } }
}
