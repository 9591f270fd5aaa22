// SPDX-License-Identifier: GPL-2.0-or-later

/// Runs commands, or stands in for what does so in a test.
public protocol CommandRunner: Sendable {
    /// Waits for the command's end; a task that is cancelled ends it. A command whose program is missing has the status
    /// ``CommandOutcome/notFoundStatus``, and no other one that fails to run has.
    func run(_ command: Command) async -> CommandOutcome
}
