// SPDX-License-Identifier: GPL-2.0-or-later

import Glibc

private final class ThreadBody {
    let run: @Sendable () -> Void
    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
}

/// Starts a detached thread of its own: what blocks in a system call must not take a pool's thread with it.
public func startThread(_ name: String, _ run: @escaping @Sendable () -> Void) {
    var thread = pthread_t()
    let failure = pthread_create(
        &thread, nil,
        { pointer in
            Unmanaged<ThreadBody>.fromOpaque(pointer!).takeRetainedValue().run()
            return nil
        }, Unmanaged.passRetained(ThreadBody(run)).toOpaque())
    precondition(failure == 0, "no thread for \(name): \(String(cString: strerror(failure)))")
    pthread_setname_np(thread, String(name.prefix(15)))
    pthread_detach(thread)
}
