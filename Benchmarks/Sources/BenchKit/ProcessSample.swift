// SPDX-License-Identifier: GPL-2.0-or-later

internal import Glibc
internal import Support

/// What a process has used so far.
struct ProcessSample {
    /// On a core, all threads, by the scheduler's own account (schedstat); at most one tick old for a thread
    /// that runs at this moment.
    var nanoseconds: UInt64 = 0
    /// The kernel's split of that time, in clock ticks. It is made by sampling: good for long runs only.
    var userTicks: UInt64 = 0
    var systemTicks: UInt64 = 0
    /// Most memory that was resident, KiB.
    var peakKibibytes = 0

    init(pid: pid_t) {
        for task in directoryEntries("/proc/\(pid)/task") {
            let text = readText("/proc/\(pid)/task/\(task)/schedstat")
            nanoseconds += text.split(separator: " ").first.flatMap { UInt64($0) } ?? 0
        }
        // Fields 14 and 15 of stat(5), counted behind the name's closing parenthesis.
        let fields = readText("/proc/\(pid)/stat").split(separator: ")").last?.split(separator: " ") ?? []
        if fields.count > 12 {
            userTicks = UInt64(fields[11]) ?? 0
            systemTicks = UInt64(fields[12]) ?? 0
        }
        for line in readText("/proc/\(pid)/status").split(separator: "\n") where line.hasPrefix("VmHWM:") {
            peakKibibytes =
                line.split(whereSeparator: { $0 == " " || $0 == "\t" }).dropFirst().first.flatMap { Int($0) }
                ?? 0
        }
    }
}
