// SPDX-License-Identifier: GPL-2.0-or-later

import ArgumentParser
import Glibc
import Host
import Settings
import Setup

/// `engarde client add NAME`
struct AddClient: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add", abstract: "On a server: add a client and print its bundle.",
        discussion: "The bundle holds keys: `engarde client add van --output van.bundle` writes it for you alone.")

    @Argument(help: "The client's name.") var name: String
    @Option(help: "The client's own WireGuard public key; its private key then stays on the client.")
    var publicKey: String?
    @OptionGroup var output: BundleOutput

    func validate() throws {
        guard ClientBundle.isName(name) else { throw ValidationError("NAME wants \(ClientName.wanted)") }
        if let publicKey, !ClientBundle.isKey(publicKey) {
            throw ValidationError("--public-key wants a key as wg pubkey prints it: 44 characters, the last of them =")
        }
    }

    func run() async throws {
        try PlanOptions.needRoot("client add \(name)")
        try output.check()
        let lock = try await PlanOptions.lock()
        defer { withExtendedLifetime(lock) {} }
        let server = try await ThisServer()
        guard !server.clients.contains(where: { $0.name == name }) else {
            throw SetupFailure("there is a client \(name): engarde client show \(name)")
        }
        var making = try await server.plan()
        let bundle = try await making.bundle(name, publicKey: publicKey, server.host)
        making.clients.append(bundle)
        try await server.carryOut(making.clientsPlan(added: [bundle]))
        do {
            try output.write(bundle)
        } catch {
            throw SetupFailure("\(error)\nthe client was added: engarde client show \(name) --output FILE")
        }
    }
}
