// SPDX-License-Identifier: GPL-2.0-or-later

import Support
import Testing

extension Integration {
    /// A tunnel with one thing broken by the kernel's own means, and what `engarde doctor` says of it.
    @Suite struct DoctorTests {
        private let rig: Rig
        private let tunnel: WireGuardTunnel

        init() throws {
            rig = try Rig(Engine.available[0])
            tunnel = try WireGuardTunnel(
                rig.laboratory, endpoint: "127.0.0.1:\(Laboratory.clientPort)", keepalive: 25)
            try tunnel.waitUntilReady()
        }

        /// Returns the lines that are not ok; with `--fix` those after all repairs.
        private func wrong(_ engarde: Engarde, fixing: Bool = false) throws -> [String] {
            let words = [
                Environment.value("ENGARDE_PROGRAMS") ?? Environment.executableFolder, "/engarde",
            ].joined()
            let program = try Program(
                [words, "doctor", engarde.file, "--socket", engarde.controlSocket]
                    + (fixing ? ["--fix", "--yes"] : []),
                in: engarde.namespace)
            let status = try program.waitForExit()
            let lines = program.text(.output).split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
            let last = lines.split(separator: "").last ?? []
            let wrong = last.filter { $0.hasPrefix("FAIL") || $0.hasPrefix("warn") }
            let hasFailed = wrong.contains { $0.hasPrefix("FAIL") }
            #expect(status == .exited(wrong.isEmpty ? 0 : hasFailed ? 1 : 3), "\(lines)")
            #expect(!last.isEmpty, "\(program.text(.error))")
            return wrong
        }

        private func names(_ engarde: Engarde) throws -> [String] {
            try wrong(engarde).map { String($0.dropFirst(5).prefix { $0 != ":" }) }
        }

        /// Waits until those names are all that is wrong.
        private func expect(_ expected: [String], on engarde: Engarde) throws {
            var found: [String] = []
            _ = try Monotonic.wait {
                found = try names(engarde)
                return found == expected
            }
            #expect(found == expected, rig.words)
        }

        /// Breaks one thing, sees its name alone, mends it by `--fix`, and sees the tunnel live.
        private func mends(_ name: String, on engarde: Engarde, _ command: [String], input: String = "") throws {
            try run(command, in: engarde.namespace, input: input)
            try expect([name], on: engarde)
            #expect(try wrong(engarde, fixing: true) == [])
            try run(
                ["ping", "-n", "-c", "3", "-i", "0.2", "-W", "60", WireGuardTunnel.serverAddress],
                in: rig.laboratory.client)
        }

        @Test func allIsWell() throws {
            try expect([], on: rig.client)
            #expect(try wrong(rig.server) == [])
        }

        @Test func strictFiltering() throws {
            try mends("reverse-path c2", on: rig.client, ["sysctl", "-q", "-w", "net.ipv4.conf.c2.rp_filter=1"])
        }

        /// The only neighbour is the gateway.
        @Test func aLinkWithoutARoute() throws {
            let link = rig.links[1]
            try run(["ping", "-n", "-c", "1", "-W", "60", link.serverV4], in: rig.laboratory.client)
            try mends(
                "no-gateway c2", on: rig.client, ["ip", "route", "delete", "\(Laboratory.serverV4)/32", "dev", "c2"])
        }

        @Test func theTunnelIsTooLarge() throws {
            try mends(
                "wireguard-mtu", on: rig.client, ["ip", "link", "set", "mtu", "65456", "dev", tunnel.client.name])
            try mends("wireguard-mtu", on: rig.server, ["ip", "link", "set", "mtu", "9000", "dev", tunnel.server.name])
        }

        @Test func noKeepalive() throws {
            try mends(
                "keepalive", on: rig.client,
                ["wg", "set", tunnel.client.name, "peer", tunnel.server.publicKey, "persistent-keepalive", "0"])
        }

        /// Interfaces of other names than setup's may be other VPNs': what is wrong there is told, and left.
        @Test func wireGuardSpeaksToAnother() throws {
            let peer = ["wg", "set", tunnel.client.name, "peer", tunnel.server.publicKey, "endpoint"]
            try run(peer + ["127.0.0.1:9"], in: rig.laboratory.client)
            try expect(["wireguard-endpoint"], on: rig.client)
            #expect(try wrong(rig.client, fixing: true).count == 1)
            try run(peer + ["127.0.0.1:\(Laboratory.clientPort)"], in: rig.laboratory.client)
            try expect([], on: rig.client)

            let port = ["wg", "set", tunnel.server.name, "listen-port"]
            try run(port + ["51999"], in: rig.laboratory.server)
            try expect(["wireguard-endpoint"], on: rig.server)
            #expect(try wrong(rig.server, fixing: true).count == 1)
            try run(port + ["\(Laboratory.wireGuardPort)"], in: rig.laboratory.server)
            try expect([], on: rig.server)
        }

        @Test func nothingIsForwarded() throws {
            let masquerading = """
                table inet mine {
                    chain post { type nat hook postrouting priority 100; policy accept; ip saddr 10.200.0.0/24 masquerade; }
                }

                """
            try run(["sysctl", "-q", "-w", "net.ipv4.ip_forward=1"], in: rig.laboratory.server)
            try run(["nft", "-f", "-"], in: rig.laboratory.server, input: masquerading)
            #expect(try wrong(rig.server) == [])
            try mends("forwarding", on: rig.server, ["sysctl", "-q", "-w", "net.ipv4.ip_forward=0"])
            try mends(
                "forward-dropped-by theirs/passing", on: rig.server, ["nft", "-f", "-"],
                input: """
                    table inet theirs {
                        chain passing { type filter hook forward priority 0; policy drop; }
                    }

                    """)
        }

        @Test func clientsAreNotLetIn() throws {
            try mends(
                "input-dropped-by theirs/in", on: rig.server, ["nft", "-f", "-"],
                input: """
                    table inet theirs {
                        chain in {
                            type filter hook input priority 0; policy drop
                            ct state established accept
                            iifname != { "s1", "s2", "s3" } accept
                        }
                    }

                    """)
        }

        @Test func oneLinkSwallows() throws {
            try rig.links[2].silentlyDrop()
            let pinger = try Pinger(in: rig.laboratory.client, to: WireGuardTunnel.serverAddress, interval: 0.05)
            defer { pinger.stop() }
            try expect(["server-silent c3"], on: rig.client)
        }

        @Test func oneLinkIsLeft() throws {
            for link in rig.links[1...] { try link.down() }
            try expect(["last-link"], on: rig.client)
        }

        @Test func theProgramDoesNotRun() throws {
            rig.client.stop()
            #expect(try names(rig.client) == ["service"])
        }

        /// Nothing in the archive is a key or an address of the Internet.
        @Test func theReportTellsNoSecrets() throws {
            let folder = try TemporaryFolder()
            try run(["ip", "address", "add", "8.8.8.8/32", "dev", "lo"], in: rig.laboratory.client)
            let engarde = (Environment.value("ENGARDE_PROGRAMS") ?? Environment.executableFolder) + "/engarde"
            _ = try Program(
                [
                    engarde, "doctor", rig.client.file, "--socket", rig.client.controlSocket, "--bundle",
                    "\(folder.path)/r.tar.gz",
                ],
                in: rig.laboratory.client
            ).waitForExit()
            let text = try run(["tar", "-xzOf", "\(folder.path)/r.tar.gz"])
            #expect(text.contains("public-1") && text.contains("key-1") && text.contains("listenAddr"))
            #expect(!text.contains("8.8.8.8") && !text.contains(tunnel.server.publicKey))
        }
    }
}
