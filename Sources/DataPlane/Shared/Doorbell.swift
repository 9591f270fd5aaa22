// SPDX-License-Identifier: GPL-2.0-or-later

internal import CShims.Socket
internal import Sockets
internal import Synchronization

/// Wakes who rests until traffic comes, once: the data plane rings only when somebody asked for it.
///
/// So an idle program has nobody looking after it once a second, and a busy one pays a load a turn.
@safe
public final class Doorbell: @unchecked Sendable {
    private let isAwaited: UnsafeMutablePointer<Atomic<Bool>>
    private let event: FileDescriptor

    init() throws(Errno) {
        event = try FileDescriptor.event()
        unsafe isAwaited = .allocate(capacity: 1)
        unsafe isAwaited.initialize(to: Atomic(false))
    }

    deinit { unsafe isAwaited.deallocate() }

    /// Becomes readable when it rings.
    public var descriptor: Int32 { event.rawValue }

    /// Asks for a ring with the next datagram that arrives.
    public func await() { unsafe isAwaited.pointee.store(true, ordering: .sequentiallyConsistent) }

    /// Silences it after a ring. Blocks when it has not rung.
    public func answer() { _ = engarde_read_event(event.rawValue) }

    /// The data plane's end. The doorbell must outlive it.
    var button: DoorbellButton { unsafe DoorbellButton(isAwaited: isAwaited, descriptor: event.rawValue) }
}

/// The data plane's end of a doorbell.
@safe
struct DoorbellButton: BitwiseCopyable {
    let isAwaited: UnsafeMutablePointer<Atomic<Bool>>
    let descriptor: Int32

    /// Rings if somebody waits for it.
    @_noLocks
    func press() {
        guard unsafe isAwaited.pointee.load(ordering: .relaxed) else { return }
        unsafe isAwaited.pointee.store(false, ordering: .relaxed)
        engarde_signal_event(descriptor)
    }
}
