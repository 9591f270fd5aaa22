// SPDX-License-Identifier: GPL-2.0-or-later

internal import Glibc
public import Settings

/// What `check` finds of the files that a configuration names.
public enum NamedFiles {
    /// A line for each that is not there, or cannot be used by who asks.
    public static func warnings(command: [String], webManager: WebManagerConfiguration?) -> [String] {
        var warnings: [String] = []
        // Without a slash it is looked for in PATH, which may be another one when the program runs.
        if let program = command.first, program.contains("/"), access(program, X_OK) != 0 {
            let reason = String(cString: strerror(errno))
            warnings.append("warning: onLinkChange: \(program) cannot be run: \(reason)")
        }
        if let file = webManager?.passwordFile, !file.isEmpty, access(file, R_OK) != 0 {
            let reason = String(cString: strerror(errno))
            warnings.append("warning: webManager.passwordFile: \(file) cannot be read: \(reason)")
        }
        return warnings
    }
}
