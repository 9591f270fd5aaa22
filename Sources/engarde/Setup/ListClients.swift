// SPDX-License-Identifier: GPL-2.0-or-later

import ArgumentParser
import Glibc
import Host
import Settings
import Setup

/// `engarde client list`
struct ListClients: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "On a server: print each client with its address and its last handshake.")

    func run() async throws {
        try PlanOptions.needRoot("client list")
        let server = try await ThisServer()
        let peers = (try? await TunnelPeers.all(server.host)) ?? []
        var table = TextTable(["CLIENT", "ADDRESS", "HANDSHAKE"])
        for client in server.clients {
            let handshake = peers.first { $0.publicKey == client.publicKey }?.lastHandshake
            let age = handshake.map { "\(Words.age(Double(max(0, time(nil) - $0)))) ago" }
            table.add([client.name, client.addresses[0], age ?? "never"])
        }
        for line in table.lines { print(line) }
    }
}
