// SPDX-License-Identifier: GPL-2.0-or-later

import Sockets
import Testing

@Suite struct AddressPrefixTests {
    @Test(arguments: [
        ("192.0.2.0/24", "192.0.2.0/24"), ("192.0.2.77/24", "192.0.2.0/24"), ("192.0.2.77", "192.0.2.77/32"),
        ("10.255.0.0/9", "10.128.0.0/9"), ("1.2.3.4/0", "0.0.0.0/0"), ("2001:db8::1", "2001:db8::1/128"),
        ("2001:db8:ffff::/33", "2001:db8:8000::/33"), ("::1/0", "::/0"),
        ("2001:db8::ff/124", "2001:db8::f0/124"),
    ])
    func parsed(text: String, description: String) throws {
        #expect(try #require(AddressPrefix(text)).description == description)
    }

    @Test(arguments: [
        "", "/", "/8", "any", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/+8", "10.0.0.0/8/8",
        "10.0.0.0 /8",
        "10/8", "::/129", "::/0128", "10.0.0.1\0/8", "[::1]", "10.0.0.0/٣", "fe80::1%eth0",
    ])
    func refused(text: String) {
        #expect(AddressPrefix(text) == nil)
    }

    @Test(arguments: [
        ("192.0.2.0/24", "192.0.2.255", true), ("192.0.2.0/24", "192.0.3.0", false),
        ("192.0.2.128/25", "192.0.2.127", false), ("192.0.2.77", "192.0.2.77", true),
        ("192.0.2.77", "192.0.2.76", false), ("0.0.0.0/0", "203.0.113.9", true), ("0.0.0.0/0", "::", false),
        ("::/0", "2001:db8::1", true), ("::/0", "0.0.0.0", false), ("2001:db8::/32", "2001:db9::", false),
        ("2001:db8::/64", "2001:db8::ffff:0:0:1", true), ("2001:db8::/65", "2001:db8:0:0:8000::", false),
        ("2001:db8::1", "2001:db8::1", true), ("2001:db8::1", "2001:db8::2", false),
    ])
    func containment(prefix: String, address: String, isInside: Bool) throws {
        #expect(try #require(AddressPrefix(prefix)).contains(#require(IPAddress(address))) == isInside)
    }

    /// Every length of both families, against the definition: the leading bits agree and the next one may
    /// differ.
    @Test(arguments: [("170.85.170.85", 32), ("aa55:aa55:aa55:aa55:aa55:aa55:aa55:aa55", 128)])
    func everyLength(text: String, width: Int) throws {
        let address = try #require(IPAddress(text))
        #expect(AddressPrefix(address, bits: -1) == nil)
        #expect(AddressPrefix(address, bits: width + 1) == nil)
        for bits in 0...width {
            let prefix = try #require(AddressPrefix(address, bits: bits))
            #expect(prefix.contains(address))
            for flipped in 0..<width {
                var bytes = address.bytes
                bytes[flipped / 8] ^= 0x80 >> UInt8(flipped % 8)
                let other = try #require(bytes.withUnsafeBytes { IPAddress(bytes: $0) })
                #expect(prefix.contains(other) == (flipped >= bits), "bit \(flipped) of /\(bits)")
            }
        }
    }
}
