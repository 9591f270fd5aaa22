// SPDX-License-Identifier: GPL-2.0-or-later

import Host
import Program
import Settings
import Setup

/// This machine as a server that `engarde setup server` has set up.
struct ThisServer {
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
        guard isInForce else {
            throw SetupFailure("the server is not set up, only its keys are there: engarde setup server")
        }
        // The standard output may be the bundle's.
        var application = try Application(host, role: .server) { Program.writeError($0) }
        try await application.carryOut(plan)
    }
}
