// SPDX-License-Identifier: GPL-2.0-or-later

/// The machine that setup and doctor look at and change.
public struct Host: Sendable {
    public var files: Files
    public var commands: any CommandRunner

    public init(files: Files = Files(), commands: any CommandRunner = SystemCommands()) {
        self.files = files
        self.commands = commands
    }

    public func run(_ words: String...) async -> CommandOutcome { await commands.run(Command(words)) }
}
