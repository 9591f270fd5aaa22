// SPDX-License-Identifier: GPL-2.0-or-later

import Glibc
import Support
import Testing
import Timing

@Suite(.serialized, .onlyWhenTiming, .enabled(if: Privileges.obstacle == nil, skipReason))
struct StallWatchTimingTests {
    @Test("A processor that is gone for a while is missed")
    func gone() {
        let watch = StallWatch()
        Monotonic.sleep(seconds: 0.05)
        startThread("thief") {
            guard runAhead(priority: 3) else { return }
            let end = Monotonic.deadline(seconds: 0.04)
            while Monotonic.nanoseconds < end {}
        }
        #expect(Monotonic.wait { watch.stalls.longest > 25 })
    }

    /// Ordinary work is no excuse.
    @Test("A busy machine is not one that stands still")
    func busy() {
        for attempt in 1...5 {
            let watch = StallWatch()
            let end = Monotonic.deadline(seconds: 0.3)
            for number in 0..<4 { startThread("work \(number)") { while Monotonic.nanoseconds < end {} } }
            Monotonic.sleep(until: end)
            // The host may take its part while this test runs, too.
            if watch.stalls.longest < 5 { return }
            print("attempt \(attempt): \(watch.stalls)")
        }
        Issue.record("five times in a row")
    }
}
