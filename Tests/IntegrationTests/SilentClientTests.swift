// SPDX-License-Identifier: GPL-2.0-or-later

import Support
import Testing

extension Integration {
    /// A client that sends nothing for longer than `clientTimeout`, and a server that speaks to it first.
    @Suite struct SilentClientTests {
        enum Keepalive: String, CaseIterable, Sendable {
            case nowhere, onTheServer
        }

        @Test(arguments: Engine.available, Keepalive.allCases)
        func theServerSpeaksFirst(engine: Engine, keepalive: Keepalive) throws {
            let crowd = try Crowd(engine, clients: 1, links: 2, serverExtra: "  clientTimeout: 2\n")
            let (client, server) = (crowd.star.clients[0], crowd.star.server)
            if keepalive == .onTheServer {
                let settings = ["wg", "set", server.name, "peer", client.publicKey, "persistent-keepalive", "1"]
                try run(settings, in: server.namespace)
            }
            let endpoint = try #require(try server.endpoints()[client.publicKey])

            for round in 1...2 {
                try waitUntilSilent(crowd, paths: 2 * round)
                #expect(pings(crowd, count: 10) == 10, "round \(round); \(crowd.words)")
            }
            // Its keys are gone as well, as they are after three minutes: it begins with a handshake.
            try waitUntilSilent(crowd, paths: 6)
            try server.meetAgain(client.publicKey, endpoint: endpoint)
            #expect(pings(crowd, count: 10) == 10, "without keys; \(crowd.words)")
            #expect(try server.endpoints()[client.publicKey] == endpoint, "by the same socket; \(crowd.words)")
            crowd.expectNobodyHeardOthers(crowd.words)
        }

        /// Waits until the server has let go of so many paths since it started.
        private func waitUntilSilent(_ crowd: Crowd, paths: Int) throws {
            let isSilent = Monotonic.wait(seconds: 30) {
                crowd.server.program.lines.count { $0.text.contains("path ") && $0.text.contains(": gone") } >= paths
            }
            try #require(isSilent, crowd.words)
        }

        /// How many of the server's pings, five a second, the client answers.
        private func pings(_ crowd: Crowd, count: Int) -> Int {
            let words = ["ping", "-n", "-c\(count)", "-i0.2", "-W3", WireGuardStar.address(ofClient: 0)]
            // ping says by its status whether any was answered; its last lines say how many.
            let said = (try? run(words, in: crowd.laboratory.server)) ?? ""
            let summary = said.split(separator: "\n").first { $0.contains("packets transmitted") } ?? ""
            print("\(summary)")
            return summary.split(separator: ",").first { $0.contains("received") }
                .flatMap { $0.split(separator: " ").first }.flatMap { Int($0) } ?? 0
        }
    }
}
