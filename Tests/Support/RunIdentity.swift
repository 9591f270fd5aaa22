// SPDX-License-Identifier: GPL-2.0-or-later

import Glibc

/// Names of things outside this process that are this run's, and whether the run behind such a name is dead.
///
/// `engarde-PID-START-…`: START is the process's start time in ticks, so that a leftover of a killed run is told
/// from something in use even when its process id is used again.
enum RunIdentity {
    static let prefix = "engarde-\(getpid())-\(startTime(of: getpid()) ?? "0")-"

    /// Whether `name` is of our kind and the process it names is gone.
    static func isDead(_ name: String) -> Bool {
        let parts = name.split(separator: "-")
        guard parts.count >= 4, parts[0] == "engarde", let pid = pid_t(parts[1]), Int(parts[2]) != nil,
            Int(parts[3]) != nil
        else { return false }
        return startTime(of: pid) != String(parts[2])
    }

    /// Field 22 of stat(5), counted behind the name's closing parenthesis; nil when there is no such process.
    private static func startTime(of pid: pid_t) -> String? {
        let fields = readText("/proc/\(pid)/stat").split(separator: ")").last?.split(separator: " ") ?? []
        return fields.count > 19 ? String(fields[19]) : nil
    }
}
