// SPDX-License-Identifier: GPL-2.0-or-later

internal import Glibc
internal import NIOCore

/// Runs the web side's tasks on its own event loop, so that all of it together never takes more than one thread.
final class LoopExecutor: TaskExecutor {
    /// The tunnel's thread goes first when both want the processor.
    private static let niceness: Int32 = 10

    private let loop: any EventLoop

    init(_ loop: any EventLoop) {
        self.loop = loop
        // On Linux "this process" is the calling thread.
        loop.execute { _ = setpriority(PRIO_PROCESS, 0, Self.niceness) }
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        loop.execute { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
