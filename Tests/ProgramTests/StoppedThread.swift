// SPDX-License-Identifier: GPL-2.0-or-later

import Glibc

/// One thread of another process that does not run while the others do, by ptrace(2).
///
/// To be used on one thread only, as the kernel wants it.
struct StoppedThread {
    private let thread: pid_t

    /// `ptrace`, which Swift does not import because its arguments vary.
    private static let trace = unsafeBitCast(
        dlsym(nil, "ptrace"), to: (@convention(c) (Int, Int, Int, Int) -> Int).self)
    /// PTRACE_SEIZE, PTRACE_INTERRUPT and PTRACE_DETACH of linux/ptrace.h, and __WALL of linux/wait.h.
    private static let (seize, interrupt, detach) = (0x4206, 0x4207, 17)
    private static let anyChild: Int32 = 0x4000_0000

    /// Returns once the thread has stopped; nil when it cannot be.
    init?(_ thread: pid_t) {
        guard Self.trace(Self.seize, Int(thread), 0, 0) == 0, Self.trace(Self.interrupt, Int(thread), 0, 0) == 0 else {
            return nil
        }
        self.thread = thread
        var status: Int32 = 0
        guard waitpid(thread, &status, Self.anyChild) == thread else { return nil }
    }

    /// Has it run again.
    func resume() { _ = Self.trace(Self.detach, Int(thread), 0, 0) }
}
