// SPDX-License-Identifier: GPL-2.0-or-later

import Settings
import Sockets
import Testing

@testable import Control

@Suite struct SelfDestinationTests {
    @Test(
        "A destination is a program's own when what is sent there arrives where it listens",
        arguments: [
            // A wildcard is every address of this machine.
            ("", "127.0.0.1", true), ("", "127.1.2.3", true), ("", "::1", true), ("", "0.0.0.0", true), ("", "::", true),
            ("0.0.0.0", "127.0.0.1", true), ("::", "127.0.0.1", true), ("", "192.0.2.1", false), ("", "2001:db8::1", false),
            ("", "localhost", true), ("", "LocalHost", true),
            // An address is itself.
            ("127.0.0.1", "127.0.0.1", true), ("127.0.0.1", "127.0.0.2", false), ("127.0.0.1", "0.0.0.0", true),
            ("127.0.0.1", "::", false), ("::1", "::1", true), ("::1", "127.0.0.1", false), ("localhost", "localhost", true),
        ])
    func own(listen: String, destination: String, isOwn: Bool) {
        let here = SelfDestination(listen: HostPort(host: listen, port: 59_501))
        for (port, expected) in [(59_501, isOwn), (51_820, false)] as [(UInt16, Bool)] {
            var refusal: String?
            do throws(StartRefusal) {
                try here.refuse(
                    HostPort(host: destination, port: port), key: "dstAddr", section: "server", asksNames: false)
            } catch { refusal = error.description }
            #expect((refusal != nil) == expected, "\(refusal ?? "not refused")")
        }
    }
}
