// SPDX-License-Identifier: GPL-2.0-or-later

import Host
import Links
import Sockets
import Support
import Testing

@testable import Doctor

/// Networks that are passed on, as they are gathered where setup has not been.
@Suite struct ForwardedTests {
    /// Answers the commands by which rules and routes are read.
    private struct Ruler: CommandRunner {
        let rules: String
        var route = "1.1.1.1 via 203.0.113.1 dev eth0 src 203.0.113.7 uid 0 \n    cache \n"

        func run(_ command: Command) async -> CommandOutcome {
            CommandOutcome(output: command.words[0] == "nft" ? rules : route)
        }
    }

    private func gathered(_ source: String, _ change: (inout Facts) -> Void = { _ in }) async throws -> Facts {
        let folder = try TemporaryFolder()
        var facts = Facts.goodServer
        facts.forwarded = nil
        facts.interfaces[1].addresses = [InterfaceAddress(ip: IPAddress("10.77.0.1")!, prefixLength: 24)]
        change(&facts)
        let rules = Facts.rules("").replacing("10.77.0.0", with: source)
        await facts.readRules(Host(files: Files(root: folder.path), commands: Ruler(rules: rules)))
        return facts
    }

    /// A machine with Docker masquerades its containers, which says nothing of the tunnel.
    @Test func whoMasqueradesTheTunnelForwards() async throws {
        let facts = try await gathered("10.77.0.0")
        #expect(facts.forwarded == Facts.Forwarded(networks: [AddressPrefix("10.77.0.0/24")!], tunnel: "wg0"))
        #expect(facts.uplink == "eth0")
        #expect(try await gathered("172.17.0.0").forwarded == nil)
    }

    /// A tunnel's address may be alone, with its clients beside it.
    @Test func clientsBesideTheTunnelsAddress() async throws {
        func alone(_ facts: inout Facts) {
            facts.interfaces[1].addresses[0] = InterfaceAddress(ip: IPAddress("10.9.9.1")!, prefixLength: 32)
            facts.devices?[0].peers = Facts.goodClient.devices![0].peers
            facts.devices?[0].peers[0].allowedIPs = ["10.77.0.2/32", "0.0.0.0/0"]
        }
        #expect(
            try await gathered("10.77.0.0", alone).forwarded?.networks.map(\.description)
                == ["10.9.9.1/32", "10.77.0.2/32"])
        #expect(try await gathered("172.17.0.0", alone).forwarded == nil)
    }
}
