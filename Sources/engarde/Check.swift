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
        let sections = text.sections
        let isServer = sections.contains("server")
        // With neither, the client's reader says what is missing.
        if !isServer || sections.contains("client") { try CheckClient.check(text) }
        if isServer { try CheckServer.check(text) }
    }
}
