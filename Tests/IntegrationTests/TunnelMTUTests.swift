// SPDX-License-Identifier: GPL-2.0-or-later

import Status
import Support
import Testing

extension Integration {
    /// A tunnel with the MTU that wg-quick gives it when its Endpoint is on this machine.
    @Suite struct TunnelMTUTests {
        @Test(arguments: Engine.available)
        func fragmentsAreToldOfOnce(engine: Engine) throws {
            let rig = try Rig(engine, extra: Engarde.webManager)
            let tunnel = try rig.tunnel()
            defer { tunnel.stop() }
            func said(_ engarde: Engarde) -> [String] {
                engarde.program.lines.map(\.text).filter { $0.contains("in fragments") }
            }
            func ping(bytes: Int) throws {
                try run(
                    ["ping", "-n", "-c5", "-i0.2", "-W60", "-s", "\(bytes)", WireGuardTunnel.serverAddress],
                    in: rig.laboratory.client)
            }
            // 1,392 and ICMP's header and IP's are 1,420.
            try ping(bytes: 1_392)
            Monotonic.sleep(seconds: 2.5)
            #expect(said(rig.client).isEmpty && said(rig.server).isEmpty, rig.words)
            for end in [tunnel.client, tunnel.server] {
                try run(["ip", "link", "set", "mtu", "65456", "dev", end.name], in: end.namespace)
            }
            try ping(bytes: 3_000)
            #expect(Monotonic.wait { !said(rig.client).isEmpty && !said(rig.server).isEmpty }, rig.words)
            try ping(bytes: 9_000)
            Monotonic.sleep(seconds: 2.5)
            try rig.client.waitForStatus()
            let counts = try rig.client.clientStatus().links.filter(\.state.isInFanOut).map(\.fragmentedDatagrams)
            #expect(counts.allSatisfy { $0 >= 10 } && counts.count == 3, "\(counts)")
            for engarde in [rig.client, rig.server] {
                let lines = said(engarde)
                #expect(lines.count == 1, "\(lines)")
                #expect(
                    lines.first?.contains("ip link set mtu 1420 dev wg0") == true
                        && lines.first?.contains("MTU = 1420") == true, "\(lines)")
            }
        }

        @Test func checkNamesTheTunnelAndTheCommand() throws {
            let rig = try Rig(Engine.available[0])
            for namespace in [rig.laboratory.client, rig.laboratory.server] {
                try run(["ip", "tuntap", "add", "wg7", "mode", "tun"], in: namespace)
                try run(["ip", "link", "set", "mtu", "65456", "dev", "wg7"], in: namespace)
            }
            func warnings(_ engarde: Engarde) throws -> [String] {
                try run([Rig.path(engarde.end), "check", engarde.file], in: engarde.namespace).split(separator: "\n")
                    .map(String.init).filter { $0.hasPrefix("warning: wg7 has an MTU of 65456") }
            }
            for engarde in [rig.client, rig.server] {
                let lines = try warnings(engarde)
                #expect(lines.count == 1 && lines[0].contains("ip link set mtu 1420 dev wg7"), "\(lines)")
                try run(["ip", "link", "set", "mtu", "1420", "dev", "wg7"], in: engarde.namespace)
                #expect(try warnings(engarde) == [])
            }
            // A link that takes less than others do.
            try rig.links[1].mtu(1_400)
            let all = try run([Rig.path(.client), "check", rig.client.file], in: rig.laboratory.client)
            #expect(all.contains("link c2 (MTU 1400)") && all.contains("ip link set mtu 1340 dev wg7"), "\(all)")
        }
    }
}
