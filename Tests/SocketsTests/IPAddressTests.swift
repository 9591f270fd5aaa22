// SPDX-License-Identifier: GPL-2.0-or-later

import Sockets
import Testing

@Suite struct IPAddressTests {
    @Test(
        "An address is printed as it is written canonically",
        arguments: [
            ("192.0.2.1", "192.0.2.1"), ("0.0.0.0", "0.0.0.0"), ("255.255.255.255", "255.255.255.255"),
            ("2001:DB8:0:0:0:0:0:1", "2001:db8::1"), ("::", "::"), ("::1", "::1"),
            ("1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"),
            ("::ffff:192.0.2.1", "::ffff:192.0.2.1"), ("fe80::1", "fe80::1"),
            ("64:ff9b::192.0.2.33", "64:ff9b::c000:221"),
        ])
    func parsed(text: String, printed: String) throws {
        let address = try #require(IPAddress(text))
        #expect(address.description == printed)
        #expect(address.family == (text.contains(":") ? .v6 : .v4))
        #expect(address.bytes.count == (text.contains(":") ? 16 : 4))
        #expect(address.bytes.withUnsafeBytes { IPAddress(bytes: $0) } == address)
        #expect(IPAddress(printed) == address)
    }

    @Test(
        "What is no address is none",
        arguments: [
            "", " ", "192.0.2", "192.0.2.256", "192.0.2.1.1", "192.0.2.1 ", " 192.0.2.1", "192.0.2.01x",
            "0x7f.0.0.1",
            "127.1", "localhost", "192.0.2.1:80", "192.0.2.1/24", "[::1]", "::1%lo", ":::1", "1:2:3:4:5:6:7",
            "::12345",
            "1:2:3:4:5:6:7:8:9", "::ffff:192.0.2.256", "127.0.0.1\0", "127.0.0.1\0.example", "::1\0/8", "\0",
        ])
    func refused(text: String) { #expect(IPAddress(text) == nil) }

    @Test("Bytes of another length are no address", arguments: [0, 1, 3, 5, 15, 17])
    func lengths(count: Int) {
        #expect([UInt8](repeating: 1, count: count).withUnsafeBytes { IPAddress(bytes: $0) } == nil)
    }

    struct Kinds: OptionSet, Sendable {
        var rawValue: Int
        static let unspecified = Kinds(rawValue: 1), loopback = Kinds(rawValue: 2)
        static let linkLocal = Kinds(rawValue: 4)
    }

    @Test(
        "What an address is for",
        arguments: [
            ("0.0.0.0", .unspecified), ("::", .unspecified), ("0.0.0.1", []), ("127.0.0.1", .loopback),
            ("127.255.255.255", .loopback), ("128.0.0.0", []), ("126.255.255.255", []), ("::1", .loopback),
            ("::2", []),
            ("169.254.0.1", .linkLocal), ("169.255.0.1", []), ("169.253.255.255", []),
            ("fe80::1", .linkLocal),
            ("febf::1", .linkLocal), ("fec0::1", []), ("fe7f::1", []), ("224.0.0.1", []),
            ("239.255.255.255", []), ("240.0.0.0", []), ("223.255.255.255", []),
            ("ff02::1", []),
            ("feff::1", []), ("2001:db8::1", []), ("192.0.2.1", []),
        ] as [(String, Kinds)])
    func kinds(text: String, kinds: Kinds) throws {
        let address = try #require(IPAddress(text))
        #expect(address.isUnspecified == kinds.contains(.unspecified))
        #expect(address.isLoopback == kinds.contains(.loopback))
        #expect(address.isLinkLocal == kinds.contains(.linkLocal))
    }

    @Test("Families are never equal")
    func families() {
        #expect(IPAddress.anyV4 != IPAddress.anyV6)
        #expect(IPAddress.anyV4.description == "0.0.0.0" && IPAddress.anyV6.description == "::")
        #expect(IPAddress("127.0.0.1") != IPAddress("::ffff:127.0.0.1"))
    }
}
