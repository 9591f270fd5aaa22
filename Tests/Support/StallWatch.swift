// SPDX-License-Identifier: GPL-2.0-or-later

import Glibc

/// Whether the machine itself stood still for a while, for nothing that ran on it can be measured then.
///
/// A virtual machine's processors are taken away now and then by the host. A thread on each of them, ahead of all
/// others, sleeps for moments and sees by how much it wakes too late; and the kernel counts what it was not given.
public final class StallWatch: Sendable {
    private struct State {
        var lateness: Int64 = 0
        var stopping = false
    }

    private let state = Monitor(State())
    private let stolenBefore = StallWatch.stolenMilliseconds

    public init() {
        for processor in 0..<sysconf(Int32(_SC_NPROCESSORS_ONLN)) {
            startThread("stall watch \(processor)") { [state] in
                guard Self.stayAhead(on: processor) else { return }
                while state.with({ !$0.stopping }) {
                    let wanted = Monotonic.deadline(seconds: 0.005)
                    Monotonic.sleep(until: wanted)
                    let late = Monotonic.nanoseconds - wanted
                    state.with { $0.lateness = max($0.lateness, late) }
                }
            }
        }
    }

    deinit { state.with { $0.stopping = true } }

    /// Milliseconds: by how much a thread that nothing may keep waiting was late at most, and what the host took
    /// from all processors together.
    public var stalls: (longest: Double, stolen: Int) {
        (Double(state.with { $0.lateness }) / 1e6, Self.stolenMilliseconds - stolenBefore)
    }

    /// Real-time priority on one processor; without it lateness would tell of other work.
    private static func stayAhead(on processor: Int) -> Bool {
        var set = cpu_set_t()
        withUnsafeMutableBytes(of: &set) { $0[processor / 8] |= 1 << UInt8(processor % 8) }
        return sched_setaffinity(0, MemoryLayout<cpu_set_t>.size, &set) == 0 && runAhead(priority: 2)
    }

    /// The eighth number of /proc/stat's first line, in hundredths of a second (proc_stat(5): steal).
    private static var stolenMilliseconds: Int {
        let numbers = readText("/proc/stat").prefix { $0 != "\n" }.split(separator: " ").compactMap { Int($0) }
        return numbers.count > 7 ? numbers[7] * 10 : 0
    }
}
