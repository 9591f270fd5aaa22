// SPDX-License-Identifier: GPL-2.0-or-later

import ArgumentParser
import Settings

/// `engarde check [FILE]`
struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Say what is wrong with the file, and what would carry traffic now.")

    @Argument(help: "The configuration file.", completion: .file(extensions: ["yml", "yaml"]))
    var file = "engarde.yml"

    func run() throws {
        let text = try ConfigurationText(reading: file)
        // With neither, the client's reader says what is missing.
        if text.sections.contains("client") || !text.sections.contains("server") {
            try CheckClient.check(text, file: file)
        }
        if text.sections.contains("server") { try CheckServer.check(text, file: file) }
    }
}
