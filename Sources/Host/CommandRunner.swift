// SPDX-License-Identifier: GPL-2.0-or-later

/// Runs commands, or stands in for what does so in a test.
public protocol CommandRunner: Sendable {
    /// Waits for the command's end. A command that cannot be run has the status ``CommandOutcome/notFoundStatus``.
    func run(_ command: Command) async -> CommandOutcome
}
