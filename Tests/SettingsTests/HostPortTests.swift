// SPDX-License-Identifier: GPL-2.0-or-later

@testable import Settings
import Testing

@Suite struct HostPortTests {
    @Test(arguments: [
        ("127.0.0.1:59401", "127.0.0.1", 59401), ("[::1]:1", "::1", 1),
        ("[2001:db8::1]:65535", "2001:db8::1", 65535),
        ("[fe80::1%eth0]:5", "fe80::1%eth0", 5), ("vpn.example:59501", "vpn.example", 59501),
        ("vpn.example.:5", "vpn.example.", 5), ("localhost:5", "localhost", 5),
        ("my_host-1:5", "my_host-1", 5),
        ("1password.example:5", "1password.example", 5), ("büro.example:5", "büro.example", 5),
        ("[::ffff:192.0.2.1]:5", "::ffff:192.0.2.1", 5), ("0.0.0.0:5", "0.0.0.0", 5), ("a:00080", "a", 80),
    ])
    func accepted(text: String, host: String, port: UInt16) throws {
        for role in [HostPort.Role.listening, .destination] {
            #expect(try HostPort(parsing: text, role: role) == HostPort(host: host, port: port))
        }
    }

    @Test(arguments: [
        "", ":", "a", "5940", "a:", "a:0", "a:65536", "a:99999", "a:-1", "a:+1", "a:1 ", "a: 1", "a:1x",
        "a:http",
        "a:123456", "::1:59401", "2001:db8::1:5", "[::1]", "[::1]5", "[::1:5", "::1]:5", "[]:5",
        "[1.2.3.4]:5",
        "[vpn.example]:5", "[::1%]:5", "[::1%a%b]:5", "[::1 ]:5", "[::1\0]:5", "1.2.3:5", "1.2.3.4.5:5",
        "256.1.1.1:5",
        "1.2.3.4\0:5", "*:5", "a b:5", "a..b:5", ".:5", ".a:5", "-a:5", "a-:5", "a/b:5", "http://a:5",
        "a@b:5", "a\n:5",
        "a:٣",
        String(repeating: "a", count: 64) + ":5", String(repeating: "a.", count: 130) + ":5",
    ])
    func refused(text: String) {
        for role in [HostPort.Role.listening, .destination] {
            #expect(throws: HostPort.Fault.self) { try HostPort(parsing: text, role: role) }
        }
    }

    @Test func onlyAListenerMayLeaveItsHostOut() throws {
        #expect(try HostPort(parsing: ":59501", role: .listening) == HostPort(host: "", port: 59501))
        #expect(throws: HostPort.Fault.self) { try HostPort(parsing: ":59501", role: .destination) }
    }

    @Test(arguments: ["::1:59401", "2001:db8::1:5"])
    func bracketsAreAskedFor(text: String) {
        let fault = #expect(throws: HostPort.Fault.self) { try HostPort(parsing: text, role: .listening) }
        #expect(fault?.wanted == "brackets around an IPv6 address, as in [::1]:59401")
    }

    @Test(arguments: ["127.0.0.1:1", "[2001:db8::1]:65535", ":59501", "vpn.example:9"])
    func theDescriptionIsTheText(text: String) throws {
        #expect(try HostPort(parsing: text, role: .listening).description == text)
    }
}
