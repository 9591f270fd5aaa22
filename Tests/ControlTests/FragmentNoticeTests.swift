// SPDX-License-Identifier: GPL-2.0-or-later

import Links
import Sockets
import Testing

@testable import Control

@Suite struct FragmentNoticeTests {
    private static let tunnel = Interface(index: 9, name: "wg7", kind: "wireguard", mtu: 65_456)

    private func limit(_ mtu: Int) -> TunnelMTU? { TunnelMTU(links: [(name: "link a", mtu: mtu, family: .v4)]) }

    @Test("It is told once for a limit, with the tunnel's name and the commands")
    func once() {
        var notice = FragmentNotice()
        var asked = 0
        func update(_ largest: Int, _ mtu: Int) -> String? {
            notice.update(largest: largest, limit: limit(mtu)) {
                asked += 1
                return [Self.tunnel]
            }
        }
        #expect(update(1_472, 1_500) == nil && asked == 0)
        #expect(
            update(1_473, 1_500)
                == "WireGuard sends datagrams of 1473 bytes, and link a (MTU 1500) carries those of more than 1472 in "
                + "fragments, all of which must arrive: lower the tunnel's MTU by ip link set mtu 1420 dev wg7, "
                + "and for good MTU = 1420 below [Interface] in /etc/wireguard/wg7.conf")
        #expect(update(65_488, 1_500) == nil && asked == 1, "the same limit again")
        #expect(update(65_488, 1_400)?.contains("MTU = 1340") == true, "a link that takes less")
        #expect(update(65_488, 1_500) == nil && update(65_488, 1_400) == nil && asked == 2)
    }

    @Test("Nothing is told without a link, and a tunnel nobody sees is called wg0")
    func unknown() {
        var notice = FragmentNotice()
        #expect(notice.update(largest: 9_000, limit: nil) { [] } == nil)
        #expect(notice.update(largest: 9_000, limit: limit(1_500)) { [] }?.contains("dev wg0,") == true)
    }
}
