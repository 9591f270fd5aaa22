// SPDX-License-Identifier: GPL-2.0-or-later

public import ArgumentParser
import Settings
import Control
public import Links
import Program
import WebManager

/// `engarde client [FILE]`
struct RunClient: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Relay until SIGTERM or SIGINT (the default).")

    @OptionGroup var options: ProgramOptions

    @Option(help: "How interfaces are watched: auto, netlink, polling.")
    var linkSource: LinkSource = .automatic

    func run() async throws {
        if options.answers.answer(name: "engarde-client") { return }
        let loaded = try ConfigurationReader.client(file: options.file)
        var configuration = loaded.value
        if let engine = options.engine { configuration.engine = engine }
        let log = Program.logger("engarde-client", level: options.logLevel ?? configuration.logLevel)
        try await Program.serve(
            ClientControl(configuration, linkSource: linkSource, log: log), role: { .client($0) },
            warnings: loaded.warnings, writeTimeoutMilliseconds: configuration.writeTimeoutMilliseconds,
            webManager: configuration.webManager,
            controlSocket: ControlSocket(configuration.controlSocket, for: "client"), description: configuration.description,
            name: "engarde-client", log: log)
    }
}

extension LinkSource: ExpressibleByArgument {}
