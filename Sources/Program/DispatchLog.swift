// SPDX-License-Identifier: GPL-2.0-or-later

internal import Glibc

/// What Dispatch writes to the standard error by itself.
enum DispatchLog {
    /// The nice value the thread asks for on which Dispatch hears of events.
    private static let niceWanted = -4

    /// Has Dispatch say nothing where the kernel will refuse that thread the nice value it wants: a line at each start
    /// that reads like a failure, and changes nothing. Where it is not refused, or somebody has set `LIBDISPATCH_LOG`,
    /// Dispatch says what it always does. To be called before there are other threads.
    static func silenceRefusals() {
        if !mayRaisePriority { setenv("LIBDISPATCH_LOG", "NO", 0) }
    }

    /// Asks for it and takes it back, so that no rule of the kernel has to be known here.
    private static var mayRaisePriority: Bool {
        errno = 0
        let now = getpriority(PRIO_PROCESS, 0)
        guard errno == 0, setpriority(PRIO_PROCESS, 0, Int32(niceWanted)) == 0 else { return false }
        return setpriority(PRIO_PROCESS, 0, now) == 0
    }
}
