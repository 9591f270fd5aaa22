// SPDX-License-Identifier: GPL-2.0-or-later

import Glibc

/// The clock every measurement here uses: CLOCK_MONOTONIC, the same in all namespaces of a machine.
public enum Monotonic {
    /// Nanoseconds since an arbitrary start.
    public static var nanoseconds: Int64 {
        var now = timespec()
        clock_gettime(CLOCK_MONOTONIC, &now)
        return Int64(now.tv_sec) * 1_000_000_000 + Int64(now.tv_nsec)
    }

    /// Sleeps until `deadline`, which may be past; signals do not shorten it.
    public static func sleep(until deadline: Int64) {
        var wanted = timespec(tv_sec: Int(deadline / 1_000_000_000), tv_nsec: Int(deadline % 1_000_000_000))
        while clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &wanted, nil) == EINTR {}
    }

    public static func sleep(seconds: Double) { sleep(until: deadline(seconds: seconds)) }

    /// The moment `seconds` from now.
    public static func deadline(seconds: Double) -> Int64 { nanoseconds + Int64(seconds * 1e9) }

    /// Asks `condition` every 10 ms until it holds; false when `seconds` pass first.
    public static func wait(seconds: Double = Patience.seconds, for condition: () throws -> Bool) rethrows -> Bool {
        let end = deadline(seconds: seconds)
        while true {
            if try condition() { return true }
            if nanoseconds >= end { return false }
            sleep(seconds: 0.01)
        }
    }
}
