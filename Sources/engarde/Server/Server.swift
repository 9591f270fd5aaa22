// SPDX-License-Identifier: GPL-2.0-or-later

import ArgumentParser

/// `engarde server`
struct Server: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Hand clients' datagrams to WireGuard and answer over every path.",
        usage: "engarde server [FILE] [--engine ENGINE] [--log-level LEVEL]",
        subcommands: [RunServer.self],
        defaultSubcommand: RunServer.self)
}
