// SPDX-License-Identifier: GPL-2.0-or-later

import ArgumentParser

/// `engarde setup`
struct SetupCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "setup",
        abstract: "Set this machine up as one end of a tunnel.",
        discussion: """
            The server is set up first, and writes a bundle for its first client; then the client, with that bundle. \
            Every question is a flag as well. A second run shows what is there and offers to change it. \
            `engarde uninstall` takes everything back.
            """,
        subcommands: [SetupServer.self, SetupClient.self])
}
