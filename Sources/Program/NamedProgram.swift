// SPDX-License-Identifier: GPL-2.0-or-later

internal import Glibc

/// What `check` finds of the program that `onLinkChange` names.
enum NamedProgram {
    /// Returns a warning when it is not there, or cannot be run by the user who asks.
    static func warnings(command: [String]) -> [String] {
        var warnings: [String] = []
        // Without a slash it is looked for in PATH, which may be another one when the program runs.
        if let program = command.first, program.contains("/"), access(program, X_OK) != 0 {
            warnings.append("onLinkChange: \(program) cannot be run: \(String(cString: strerror(errno)))")
        }
        return warnings
    }
}
