// SPDX-License-Identifier: GPL-2.0-or-later

public import ArgumentParser
internal import Settings

/// Flags that are answered in place of what the program does without them.
public struct AnswerFlags: ParsableArguments {
    @Flag(name: [.customShort("v"), .long], help: "Print the version.")
    public var version = false

    @Flag(help: "Print a commented sample file.")
    public var example = false

    public init() {}

    /// Prints what was asked for. Returns whether anything was.
    ///
    /// - Parameter name: the program, before its version.
    public func answer(name: String) -> Bool {
        if version { print("\(name) \(Program.version)") }
        if example { print(SampleFile.text, terminator: "") }
        return version || example
    }
}
