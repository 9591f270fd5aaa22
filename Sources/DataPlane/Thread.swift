// SPDX-License-Identifier: GPL-2.0-or-later

internal import Glibc
internal import Sockets

/// An operating-system thread that runs one function, with all signals blocked.
final class Thread: @unchecked Sendable {
    private let handle: pthread_t

    init(_ body: @escaping @Sendable () -> Void) throws(Errno) {
        let box = unsafe Unmanaged.passRetained(Box(body))
        var handle = pthread_t()
        let result = unsafe pthread_create(
            &handle, nil,
            { context in
                var all = sigset_t()
                unsafe sigfillset(&all)
                unsafe pthread_sigmask(SIG_BLOCK, &all, nil)
                unsafe pthread_setname_np(pthread_self(), "data-plane")
                unsafe Unmanaged<Box>.fromOpaque(context!).takeRetainedValue().body()
                return nil
            }, unsafe box.toOpaque())
        if result != 0 {
            unsafe box.release()
            throw Errno(result)
        }
        self.handle = handle
    }

    /// Waits for the thread's end. Once only.
    func join() { pthread_join(handle, nil) }

    /// Waits for the thread's end, but not for ever. Returns whether it has ended; it may be asked again unless it has.
    func join(seconds: Int) -> Bool {
        var end = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &end)
        end.tv_sec += seconds
        return unsafe pthread_clockjoin_np(handle, nil, CLOCK_MONOTONIC, &end) == 0
    }

    private final class Box: Sendable {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }
}

/// A counting semaphore between two threads.
@safe
final class Semaphore: @unchecked Sendable {
    private let semaphore = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)

    init() { unsafe sem_init(semaphore, 0, 0) }

    deinit {
        unsafe sem_destroy(semaphore)
        unsafe semaphore.deallocate()
    }

    func signal() { unsafe sem_post(semaphore) }

    func wait() {
        while unsafe sem_wait(semaphore) != 0 {}
    }
}
