// SPDX-License-Identifier: GPL-2.0-or-later

import Glibc

/// Gives the calling thread a real-time priority, 1...99, ahead of all ordinary work. False where that is not allowed.
public func runAhead(priority: Int32) -> Bool {
    var parameters = sched_param()
    parameters.sched_priority = priority
    return pthread_setschedparam(pthread_self(), SCHED_FIFO, &parameters) == 0
}
