// SPDX-License-Identifier: GPL-2.0-or-later

internal import CBench
internal import Glibc
internal import Support

/// Counts the system calls of a process's present threads; nothing when the kernel does not let us.
struct SystemCallCounter: ~Copyable {
    private let descriptors: [Int32]

    /// The number of the tracepoint at which system calls are entered; nil when the kernel has none. Where nobody has
    /// mounted tracefs, a process mounts it for itself alone.
    private static let tracepoint: UInt64? = {
        let file = "events/raw_syscalls/sys_enter/id"
        let texts = [
            { readText("/sys/kernel/tracing/\(file)") }, { readText("/sys/kernel/debug/tracing/\(file)") },
            {
                (try? run([
                    "unshare", "--mount", "sh", "-c",
                    "mount -t tracefs tracefs /sys/kernel/tracing && cat /sys/kernel/tracing/\(file)",
                ])) ?? ""
            },
        ]
        for text in texts {
            if let number = text().split(separator: "\n").first.flatMap({ UInt64($0) }) { return number }
        }
        return nil
    }()

    init?(pid: pid_t) {
        guard let tracepoint = Self.tracepoint else { return nil }
        var opened: [Int32] = []
        for task in directoryEntries("/proc/\(pid)/task").compactMap({ Int32($0) }) {
            let descriptor = cbench_count_system_calls(task, tracepoint)
            guard descriptor >= 0 else {
                opened.forEach { close($0) }
                return nil
            }
            opened.append(descriptor)
        }
        descriptors = opened
    }

    deinit { descriptors.forEach { close($0) } }

    var count: Int64 { descriptors.reduce(0) { $0 + max(0, cbench_counted($1)) } }
}
