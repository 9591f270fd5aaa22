// SPDX-License-Identifier: GPL-2.0-or-later

import ArgumentParser

/// `engarde client`
struct Client: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Send every datagram WireGuard emits over every link at once.",
        usage: """
            engarde client [FILE] [--engine ENGINE] [--log-level LEVEL]
            engarde client add|show|remove NAME
            engarde client list
            """,
        subcommands: [RunClient.self, AddClient.self, ShowClient.self, ListClients.self, RemoveClient.self],
        defaultSubcommand: RunClient.self)
}
