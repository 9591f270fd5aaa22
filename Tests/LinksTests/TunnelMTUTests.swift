// SPDX-License-Identifier: GPL-2.0-or-later

import Links
import Sockets
import Testing

struct TunnelMTUTests {
    @Test(arguments: [
        ([("eth0", 1_500, IPAddress.Family.v4)], "eth0", 1_472, 1_440, 1_420),
        ([("eth0", 1_500, .v6)], "eth0", 1_452, 1_420, 1_420),
        ([("eth0", 1_500, .v4), ("ppp0", 1_492, .v4)], "ppp0", 1_464, 1_432, 1_420),
        // The larger header counts.
        ([("eth0", 1_500, .v4), ("eth1", 1_510, .v6)], "eth1", 1_462, 1_430, 1_420),
        ([("eth0", 9_000, .v4)], "eth0", 8_972, 8_940, 1_420),
        ([("wwan0", 1_428, .v4)], "wwan0", 1_400, 1_368, 1_368),
        ([("tiny0", 576, .v4)], "tiny0", 548, 516, 1_280),
    ])
    func sizes(
        links: [(String, Int, IPAddress.Family)], name: String, datagram: Int, packet: Int, advised: Int
    ) throws {
        let mtu = try #require(TunnelMTU(links: links.map { (name: $0.0, mtu: $0.1, family: $0.2) }))
        #expect(mtu.linkName == name && mtu.largestDatagram == datagram && mtu.largestPacket == packet)
        #expect(mtu.advised == advised)
    }

    @Test func nothingIsKnownWithoutLinks() { #expect(TunnelMTU(links: []) == nil) }

    @Test func tunnelsAreToldByKindOrName() {
        let interfaces = [
            Interface(index: 1, name: "wg0", kind: "wireguard", mtu: 65_456),
            Interface(index: 2, name: "vpn", kind: "wireguard", mtu: 1_420),
            Interface(index: 3, name: "wg1", kind: "tun", mtu: 1_441),
            Interface(index: 4, name: "tun0", kind: "tun", mtu: 9_000),
            Interface(index: 5, name: "lo", isLoopback: true, mtu: 65_536),
            Interface(index: 6, name: "wgx", mtu: 9_000),
        ]
        let mtu = TunnelMTU.ofThePublicInternet
        #expect(mtu.tooLarge(among: interfaces).map(\.name) == ["wg0", "wg1"])
        #expect(
            mtu.warnings(about: interfaces).first
                == "warning: wg0 has an MTU of 65456, and the Internet (MTU 1500) carries packets of up to 1440 bytes of "
                + "it in one piece, larger ones in fragments: ip link set mtu 1420 dev wg0, and for good MTU = 1420 below "
                + "[Interface] in /etc/wireguard/wg0.conf")
    }
}
