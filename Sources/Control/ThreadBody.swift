// SPDX-License-Identifier: GPL-2.0-or-later

internal import Glibc
internal import Sockets

/// Work for a thread of its own: work that may block for long must not take one of Dispatch's few.
final class ThreadBody: Sendable {
    private let body: @Sendable () -> Void

    init(_ body: @escaping @Sendable () -> Void) { self.body = body }

    /// Starts a detached thread; what the kernel answered when there is none to be had.
    func start() -> Errno? {
        let context = Unmanaged.passRetained(self)
        var thread = pthread_t()
        let result = pthread_create(
            &thread, nil,
            {
                Unmanaged<ThreadBody>.fromOpaque($0!).takeRetainedValue().body()
                return nil
            }, context.toOpaque())
        guard result == 0 else {
            context.release()
            return Errno(result)
        }
        pthread_detach(thread)
        return nil
    }
}
