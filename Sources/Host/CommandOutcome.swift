// SPDX-License-Identifier: GPL-2.0-or-later

/// The end of a command and what it has said.
public struct CommandOutcome: Hashable, Sendable {
    /// The status of a command whose program is not there, as a shell has it.
    public static let notFoundStatus: Int32 = 127
    /// The status of a command whose program is there and cannot be run, or says too much.
    public static let notRunStatus: Int32 = 126
    /// The status of a command that took too long or was cancelled, and was ended.
    public static let endedStatus: Int32 = 124

    /// The exit status; 128 and the signal's number when a signal has ended it.
    public var status: Int32
    public var output: String
    public var error: String

    public init(status: Int32 = 0, output: String = "", error: String = "") {
        self.status = status
        self.output = output
        self.error = error
    }

    public var succeeded: Bool { status == 0 }

    /// The last thing the command said, on one line, or its exit status when it said nothing.
    public var complaint: String {
        let said = (error + "\n" + output).split(separator: "\n").last { $0.contains { !$0.isWhitespace } }
        return said.map(String.init) ?? "ended with status \(status)"
    }
}
