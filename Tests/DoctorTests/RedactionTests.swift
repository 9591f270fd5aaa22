// SPDX-License-Identifier: GPL-2.0-or-later

import Testing

@testable import Doctor

@Suite struct RedactionTests {
    private static let key = String(repeating: "a", count: 42) + "A="

    @Test func secretsAreReplaced() {
        var redaction = Redaction(names: ["vpn.example"])
        let text = redaction.redacted(
            """
            peer: \(Self.key)
            endpoint: 8.8.8.8:51820, again 8.8.8.8, via 192.168.1.1, [2606:4700::1111]:53, 8.8.4.0/24
              password: "hunter2, with: more"
            PrivateKey = \(Self.key)
            dstAddr: "vpn.example:59501"
            link/ether 52:54:00:12:34:56 brd ff:ff:ff:ff:ff:ff
            2026-01-02T03:04:05+0000 notice 10.0.0.1 127.0.0.1:59401 :: 1.0.6
            """)
        #expect(
            text == """
                peer: key-1
                endpoint: public-1:51820, again public-1, via 192.168.1.1, [public-2]:53, public-3/24
                  password: (password)
                PrivateKey = key-1
                dstAddr: "name-1:59501"
                link/ether mac-1 brd mac-2
                2026-01-02T03:04:05+0000 notice 10.0.0.1 127.0.0.1:59401 :: 1.0.6
                """)
    }

    @Test func thereIsSomethingOfEverything() {
        var redaction = Redaction(names: [])
        #expect(redaction.redacted("") == "")
        #expect(redaction.redacted("password:") == "password:")
        #expect(redaction.redacted("ends with 8.8.8.8") == "ends with public-1")
    }
}
