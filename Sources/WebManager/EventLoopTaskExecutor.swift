// SPDX-License-Identifier: GPL-2.0-or-later

internal import Glibc
internal import NIOCore

/// Runs the tasks of the web server on its event loop, so that the web server uses a single thread.
final class EventLoopTaskExecutor: TaskExecutor {
    /// The nice value of the thread: the data plane has priority.
    private static let niceness: Int32 = 10

    private let loop: any EventLoop

    init(_ loop: any EventLoop) {
        self.loop = loop
        // On Linux 0 means the calling thread.
        loop.execute { _ = setpriority(PRIO_PROCESS, 0, Self.niceness) }
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        loop.execute { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
