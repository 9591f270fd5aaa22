// SPDX-License-Identifier: GPL-2.0-or-later

import ArgumentParser
import Glibc
import Host
import Program
import Settings
import Setup

/// `engarde client add NAME`
struct AddClient: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add", abstract: "On a server: add a client and print its bundle.",
        discussion: "The bundle goes to the standard output, as in `engarde client add van > van.bundle`.")

    @Argument(help: "The client's name.") var name: String
    @Option(help: "The client's own WireGuard public key; its private key then stays on the client.")
    var publicKey: String?

    func validate() throws {
        guard ClientBundle.isName(name) else { throw ValidationError("NAME wants \(ClientName.wanted)") }
        if let publicKey, !ClientBundle.isKey(publicKey) {
            throw ValidationError("--public-key wants a key as wg pubkey prints it: 44 characters, the last of them =")
        }
    }

    func run() async throws {
        try PlanOptions.needRoot("client add \(name)")
        let lock = try await PlanOptions.lock()
        defer { withExtendedLifetime(lock) {} }
        let server = try await SetUpServer()
        guard !server.clients.contains(where: { $0.name == name }) else {
            throw SetupFailure("there is a client \(name): engarde client show \(name)")
        }
        var making = try await server.plan()
        let bundle = try await making.bundle(name, publicKey: publicKey, server.host)
        making.clients.append(bundle)
        try await server.carryOut(making.clientsPlan(added: [bundle]))
        print(bundle.text, terminator: "")
    }
}

/// `engarde client show NAME`
struct ShowClient: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "show", abstract: "On a server: print a client's bundle.")

    @Argument(help: "The client's name.") var name: String
    @Flag(help: "Print it as a QR code in the terminal, by qrencode.") var qr = false

    func run() async throws {
        try PlanOptions.needRoot("client show \(name)")
        let server = try await SetUpServer()
        let bundle = try server.client(name)
        guard qr else { return print(bundle.text, terminator: "") }
        let outcome = await server.host.commands.run(Command(["qrencode", "-t", "ansiutf8"], input: bundle.text))
        if outcome.status == CommandOutcome.notFoundStatus { throw SetupFailure("qrencode is missing: apt-get install qrencode") }
        guard outcome.succeeded else { throw SetupFailure("qrencode: \(outcome.complaint)") }
        print(outcome.output, terminator: "")
    }
}

/// `engarde client list`
struct ListClients: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "On a server: print each client with its address and its last handshake.")

    func run() async throws {
        try PlanOptions.needRoot("client list")
        let server = try await SetUpServer()
        let devices = (try? await WireGuardDevice.all(server.host)) ?? []
        let peers = devices.first { $0.name == Places.tunnel }?.peers ?? []
        var table = TextTable(["CLIENT", "ADDRESS", "HANDSHAKE"])
        for client in server.clients {
            let handshake = peers.first { $0.publicKey == client.publicKey }?.lastHandshake
            let age = handshake.map { "\(Words.age(Double(max(0, time(nil) - $0)))) ago" }
            table.add([client.name, client.addresses[0], age ?? "never"])
        }
        for line in table.lines { print(line) }
    }
}

/// `engarde client remove NAME`
struct RemoveClient: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove", abstract: "On a server: forget a client, which then cannot connect any more.")

    @Argument(help: "The client's name.") var name: String

    func run() async throws {
        try PlanOptions.needRoot("client remove \(name)")
        let lock = try await PlanOptions.lock()
        defer { withExtendedLifetime(lock) {} }
        let server = try await SetUpServer()
        let client = try server.client(name)
        var making = try await server.plan()
        making.clients.removeAll { $0.name == name }
        try await server.carryOut(making.clientsPlan(removed: [client]))
    }
}

/// This machine as a server that `engarde setup server` has set up.
private struct SetUpServer {
    let host = Host()
    let clients: [ClientBundle]
    private let answers: ServerAnswers
    private let isInForce: Bool

    init() async throws {
        guard let record = try SetupRecord.read(host.files), let answers = record.server else {
            throw SetupFailure("this machine is not set up as a server: engarde setup server")
        }
        self.answers = answers
        isInForce = record.isInForce
        clients = try ServerClients.all(host)
    }

    func client(_ name: String) throws -> ClientBundle {
        guard let client = clients.first(where: { $0.name == name }) else {
            let names = clients.map(\.name).joined(separator: ", ")
            throw SetupFailure("there is no client \(name)\(names.isEmpty ? "" : "; there are \(names)")")
        }
        return client
    }

    func plan() async throws -> ServerPlan { try await ServerPlan(host, answers, clients: clients) }

    /// - Throws: also where setup has been taken back, or was ended before it came to the services: what is missing then is
    ///   more than a client.
    func carryOut(_ plan: Plan) async throws {
        guard isInForce else { throw SetupFailure("the server is not set up, only its keys are there: engarde setup server") }
        // The standard output may be the bundle's.
        var application = try Application(host, role: .server) { Program.writeError($0) }
        try await application.carryOut(plan)
    }
}
