// SPDX-License-Identifier: GPL-2.0-or-later

import ArgumentParser
import Glibc
import Settings
import Setup

/// `engarde client remove NAME`
struct RemoveClient: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove", abstract: "On a server: forget a client, which then cannot connect any more.")

    @Argument(help: "The client's name.") var name: String

    func run() async throws {
        try PlanOptions.needRoot("client remove \(name)")
        let lock = try await PlanOptions.lock()
        defer { withExtendedLifetime(lock) {} }
        let server = try await ThisServer()
        let client = try server.client(name)
        var making = try await server.plan()
        making.clients.removeAll { $0.name == name }
        try await server.carryOut(making.clientsPlan(removed: [client]))
    }
}
