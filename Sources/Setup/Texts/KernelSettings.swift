// SPDX-License-Identifier: GPL-2.0-or-later

/// Kernel settings, as files below `/proc/sys` and as the text of `/etc/sysctl.d/60-engarde.conf`, which is read at every
/// start and for each new interface.
struct KernelSettings: Hashable, Sendable {
    /// Path below `/proc/sys`, and value.
    var values: [(path: String, value: String)] = []

    static func == (left: Self, right: Self) -> Bool { left.text("") == right.text("") }
    func hash(into hasher: inout Hasher) { hasher.combine(text("")) }

    mutating func add(_ path: String, _ value: String) { values.append((path, value)) }

    /// With slashes, so that a dot in an interface's name parts nothing; a dash in front lets one be missing.
    func text(_ command: String) -> String {
        heading(command) + values.map { "-\($0.path) = \($0.value)\n" }.joined()
    }

    var steps: [Step] { values.map { .setting(path: "/proc/sys/\($0.path)", value: $0.value) } }
}
