// SPDX-License-Identifier: GPL-2.0-or-later

import Host
import Testing

@Suite struct WireGuardDeviceTests {
    @Test func aDumpIsRead() throws {
        let devices = WireGuardDevice.parse(
            """
            wg0\t(hidden)\tpublic0=\t51820\toff
            wg0\tpeer1=\t(none)\t127.0.0.1:4000\t10.0.0.2/32,fd00::2/128\t1700000000\t1234\t99\t25
            wg0\tpeer2=\t(none)\t(none)\t(none)\t0\t0\t0\toff
            wg1\t(hidden)\tpublic1=\t0\t0xca6c

            """)
        #expect(devices.map(\.name) == ["wg0", "wg1"])
        #expect(devices.map(\.listenPort) == [51820, 0])
        let (first, second) = (devices[0].peers[0], devices[0].peers[1])
        #expect(first.endpoint == "127.0.0.1:4000" && first.allowedIPs == ["10.0.0.2/32", "fd00::2/128"])
        #expect(first.lastHandshake == 1_700_000_000 && first.receivedBytes == 1234 && first.sentBytes == 99)
        #expect(first.keepalive == 25)
        #expect(second.endpoint == nil && second.allowedIPs.isEmpty && second.lastHandshake == nil)
        #expect(second.keepalive == nil)
    }

    @Test func whatIsNoDumpIsNoDevice() {
        #expect(WireGuardDevice.parse("").isEmpty)
        #expect(WireGuardDevice.parse("Unable to access interface: Operation not permitted\n").isEmpty)
    }
}
