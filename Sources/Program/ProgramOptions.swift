// SPDX-License-Identifier: GPL-2.0-or-later

public import ArgumentParser
public import Settings

/// The options client and server take.
public struct ProgramOptions: ParsableArguments {
    @Argument(help: "The configuration file.", completion: .file(extensions: ["yml", "yaml"]))
    public var file = "engarde.yml"

    @Option(help: "What moves the datagrams: \(EngineChoice.words). Overrides the file.")
    public var engine: EngineChoice?

    @Option(help: "How much is logged: \(LogLevel.words). Overrides the file.")
    public var logLevel: LogLevel?

    @OptionGroup public var answers: AnswerFlags

    public init() {}
}

extension CaseIterable where Self: RawRepresentable, RawValue == String {
    fileprivate static var words: String { allCases.map(\.rawValue).joined(separator: ", ") }
}

extension EngineChoice: ExpressibleByArgument {}
extension LogLevel: ExpressibleByArgument {}
