// SPDX-License-Identifier: GPL-2.0-or-later

import ArgumentParser
import Settings
import Control
import Program
import WebManager

/// `engarde server [FILE]`
struct RunServer: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Relay until SIGTERM or SIGINT (the default).")

    @OptionGroup var options: ProgramOptions

    func run() async throws {
        if options.answers.answer(name: "engarde-server") { return }
        let loaded = try ConfigurationReader.server(file: options.file)
        var configuration = loaded.value
        if let engine = options.engine { configuration.engine = engine }
        let log = Program.logger("engarde-server", level: options.logLevel ?? configuration.logLevel)
        try await Program.serve(
            try ServerControl(configuration, log: log), role: { .server($0) },
            warnings: loaded.warnings, writeTimeoutMilliseconds: configuration.writeTimeoutMilliseconds,
            webManager: configuration.webManager,
            controlSocket: ControlSocket(configuration.controlSocket, for: "server"), description: configuration.description,
            name: "engarde-server", log: log)
    }
}
