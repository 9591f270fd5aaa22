// SPDX-License-Identifier: GPL-2.0-or-later

import ArgumentParser

/// `engarde setup`
struct SetupCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "setup",
        abstract: "Set this machine up as one end of a tunnel.",
        discussion: """
            First the server, which writes a bundle for its first client; then, with that bundle, the client. Every \
            question is a flag as well. Run again it shows what is there and offers to change it. `engarde uninstall` takes \
            everything back.
            """,
        subcommands: [SetupServer.self, SetupClient.self])
}
