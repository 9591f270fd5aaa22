// SPDX-License-Identifier: GPL-2.0-or-later

import ArgumentParser
import Program

@main
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
        subcommands: [Run.self, Check.self, ListInterfaces.self],
        defaultSubcommand: Run.self)

    static func main() async { await Program.main(Self.self) }
}
