// SPDX-License-Identifier: GPL-2.0-or-later

import ControlClient
import Doctor
import Host
import Program
import Setup
import WebManager

/// Shows that a server is up, as far as it can be seen from here.
struct ServerProof {
    private let host: Host
    private let answers: ServerAnswers

    init(_ host: Host, _ answers: ServerAnswers) {
        self.host = host
        self.answers = answers
    }

    /// - Throws: when something is not up.
    func print() async throws {
        guard await host.run("systemctl", "is-active", "--quiet", Places.tunnelService).succeeded else {
            throw SetupFailure("\(Places.tunnelService) is not up: journalctl -u \(Places.tunnelService)")
        }
        Swift.print("ok   \(Places.tunnelService) up")
        guard await Waiting(seconds: 10).until({ (try? await Self.status()) != nil }) else {
            throw SetupFailure("\(Places.service(.server)) does not answer: journalctl -u \(Places.service(.server))")
        }
        Swift.print("ok   \(Places.service(.server)) listens at UDP port \(answers.port)")
        await printRules()
        Swift.print(
            "warn a firewall outside of this machine, such as the provider's, cannot be seen from here: open UDP \(answers.port) there"
        )
    }

    /// Chains of others that drop what clients send, each with the command that helps.
    private func printRules() async {
        let facts = await Facts.gather(host, file: Places.configuration) { ControlSocket.usualPath(for: $0.rawValue) }
        for finding in Doctor.firewallFindings(facts) where finding.grade != .ok {
            Swift.print("warn \(finding.name): \(finding.fact)\(finding.repair.map { " — \($0)" } ?? "")")
        }
    }

    private static func status() async throws -> AnyStatus {
        try await ControlClient(path: ControlSocket.usualPath(for: Role.server.rawValue)).status()
    }
}
