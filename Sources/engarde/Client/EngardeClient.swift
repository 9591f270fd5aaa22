// SPDX-License-Identifier: GPL-2.0-or-later

import ArgumentParser

/// The command line of a program called `engarde-client`.
struct EngardeClient: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "engarde-client",
        abstract: "Sends every datagram WireGuard emits over every link at once.",
        usage: """
            engarde-client [FILE] [--engine ENGINE] [--log-level LEVEL]
            engarde-client check [FILE]
            engarde-client list-interfaces
            engarde-client --example | --version | --help
            """,
        discussion: "Without FILE it reads engarde.yml in the working directory.",
        subcommands: [RunClient.self, CheckClient.self, ListInterfaces.self],
        defaultSubcommand: RunClient.self)
}
