// SPDX-License-Identifier: GPL-2.0-or-later

import Glibc

/// How much of the machine's processors went to programs that this process did not start, from its making on.
public struct OtherWork: Sendable {
    private let before = Self.sample()

    public init() {}

    /// Of all processors' time, interrupts and what the host took included; 0 to 100.
    public var percent: Double {
        let now = Self.sample()
        let others = (now.busy - before.busy) - (now.ours - before.ours)
        return min(100, max(0, 100 * Double(others) / Double(max(1, now.total - before.total))))
    }

    /// In ticks of a hundredth of a second: of all processors together, and of this process with all it has started.
    private static func sample() -> (total: Int, busy: Int, ours: Int) {
        // proc_stat(5): user nice system idle iowait irq softirq steal; guests are part of user.
        let fields = readText("/proc/stat").prefix { $0 != "\n" }.split(separator: " ").compactMap { Int($0) }.prefix(8)
        let total = fields.reduce(0, +)
        let idle = fields.count > 4 ? fields[3] + fields[4] : 0
        return (total, total - idle, family(of: getpid()))
    }

    private static func family(of root: pid_t) -> Int {
        var parents: [pid_t: pid_t] = [:]
        var ticks: [pid_t: Int] = [:]
        for name in directoryEntries("/proc") {
            guard let pid = pid_t(name) else { continue }
            // proc_pid_stat(5), counted behind the name's closing parenthesis: parent, then utime to cstime, the
            // children that have ended included.
            let fields = readText("/proc/\(pid)/stat").split(separator: ")").last?.split(separator: " ") ?? []
            guard fields.count > 14 else { continue }
            parents[pid] = pid_t(fields[1])
            ticks[pid] = (11...14).reduce(0) { $0 + (Int(fields[$1]) ?? 0) }
        }
        func isOurs(_ pid: pid_t) -> Bool {
            var pid: pid_t? = pid
            while let one = pid {
                if one == root { return true }
                pid = one > 1 ? parents[one] : nil
            }
            return false
        }
        return ticks.reduce(0) { $0 + (isOurs($1.key) ? $1.value : 0) }
    }
}
