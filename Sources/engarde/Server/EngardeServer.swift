// SPDX-License-Identifier: GPL-2.0-or-later

import ArgumentParser

/// The command line of a program called `engarde-server`.
struct EngardeServer: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "engarde-server",
        abstract: "Hands clients' datagrams to WireGuard and answers over every path.",
        usage: """
            engarde-server [FILE] [--engine ENGINE] [--log-level LEVEL]
            engarde-server check [FILE]
            engarde-server --example | --version | --help
            """,
        discussion: "Without FILE it reads engarde.yml in the working directory.",
        subcommands: [RunServer.self, CheckServer.self],
        defaultSubcommand: RunServer.self)
}
