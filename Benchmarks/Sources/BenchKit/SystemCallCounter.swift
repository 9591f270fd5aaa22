// SPDX-License-Identifier: GPL-2.0-or-later

internal import CBench
internal import Glibc
internal import Support

/// Counts the system calls of a process's present threads; nothing when the kernel does not let us.
struct SystemCallCounter: ~Copyable {
    private let descriptors: [Int32]

    init?(pid: pid_t) {
        var opened: [Int32] = []
        for task in directoryEntries("/proc/\(pid)/task").compactMap({ Int32($0) }) {
            let descriptor = cbench_count_system_calls(task)
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
