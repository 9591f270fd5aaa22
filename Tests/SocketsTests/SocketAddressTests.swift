// SPDX-License-Identifier: GPL-2.0-or-later

import CShims.Socket
import Glibc
import Sockets
import Testing

@Suite struct SocketAddressTests {
    private static func address(_ text: String, _ port: UInt16, scope: UInt32 = 0) -> SocketAddress {
        SocketAddress(IPAddress(text)!, port: port, scope: scope)
    }

    @Test(
        "Printed with its port, IPv4 as IPv4 even when mapped",
        arguments: [
            ("192.0.2.1", 51_820, "192.0.2.1:51820"), ("2001:db8::1", 1, "[2001:db8::1]:1"),
            ("::ffff:192.0.2.1", 65_535, "192.0.2.1:65535"), ("0.0.0.0", 0, "0.0.0.0:0"),
            ("::", 256, "[::]:256"),
        ] as [(String, UInt16, String)])
    func printed(text: String, port: UInt16, printed: String) {
        let address = Self.address(text, port)
        #expect(address.description == printed && address.port == port)
        #expect(SocketAddress().description == "none")
    }

    @Test("It lies in memory as the kernel has it")
    func layout() {
        #expect(MemoryLayout<SocketAddress>.size == MemoryLayout<sockaddr_in6>.size)
        var v4 = sockaddr_in()
        v4.sin_family = sa_family_t(AF_INET)
        v4.sin_port = UInt16(51_820).bigEndian
        inet_pton(AF_INET, "192.0.2.1", &v4.sin_addr)
        let first = Self.address("192.0.2.1", 51_820)
        #expect(SocketAddress(kernel: &v4, length: MemoryLayout<sockaddr_in>.size) == first)
        #expect(first.kernelFamily == AF_INET && first.kernelLength == 16)
        withUnsafeBytes(of: v4) { kernel in
            withUnsafeBytes(of: first) { ours in #expect(Array(ours.prefix(16)) == Array(kernel)) }
        }
        var v6 = sockaddr_in6()
        v6.sin6_family = sa_family_t(AF_INET6)
        v6.sin6_port = UInt16(51_820).bigEndian
        v6.sin6_scope_id = 7
        inet_pton(AF_INET6, "fe80::1", &v6.sin6_addr)
        let second = Self.address("fe80::1", 51_820, scope: 7)
        #expect(SocketAddress(kernel: &v6, length: MemoryLayout<sockaddr_in6>.size) == second)
        #expect(second.kernelFamily == AF_INET6 && second.kernelLength == 28 && second.scope == 7)
        withUnsafeBytes(of: v6) { kernel in
            withUnsafeBytes(of: second) { ours in #expect(Array(ours) == Array(kernel)) }
        }
    }

    /// Behind a received IPv4 address the buffer holds what an earlier datagram left there.
    @Test("A received address takes neither leftovers nor the flow label")
    func received() {
        var bytes = [UInt8](repeating: 0xee, count: 28)
        withUnsafeBytes(of: Self.address("192.0.2.1", 51_820)) {
            bytes.replaceSubrange(0..<8, with: $0.prefix(8))
        }
        #expect(SocketAddress(receivedFrom: bytes) == Self.address("192.0.2.1", 51_820))

        let v6 = Self.address("2001:db8::1", 51_820)
        var other = withUnsafeBytes(of: v6, Array.init)
        other[4] = 9
        #expect(SocketAddress(receivedFrom: other) == v6)
        #expect(SocketAddress(kernel: other, length: 28) != v6)
        // At an odd address, as beside a buffer's header.
        let shifted = [0] + other
        #expect(shifted.withUnsafeBytes { SocketAddress(receivedFrom: $0.baseAddress! + 1) } == v6)
    }

    @Test("IPv4 and its mapped form name the same host")
    func mapping() {
        let v4 = Self.address("192.0.2.1", 51_820)
        let mapped = v4.mappedToV6
        #expect(mapped == Self.address("::ffff:192.0.2.1", 51_820))
        #expect(
            mapped.isMappedV4 && !v4.isMappedV4 && mapped != v4 && mapped.ip == v4.ip
                && mapped.port == v4.port)
        #expect(mapped.mappedToV6 == mapped)
        #expect(v4.mappedHigh == mapped.mappedHigh && v4.mappedLow == mapped.mappedLow)
        #expect(v4.mappedHigh == 0 && v4.mappedLow == 0xffff_c000_0201)
        let v6 = Self.address("2001:db8:1:2:3:4:5:6", 1)
        #expect(v6.mappedToV6 == v6 && !v6.isMappedV4)
        #expect(v6.mappedHigh == 0x2001_0db8_0001_0002 && v6.mappedLow == 0x0003_0004_0005_0006)
        #expect(
            !Self.address("::192.0.2.1", 1).isMappedV4 && !Self.address("1::ffff:192.0.2.1", 1).isMappedV4)
    }

    @Test(
        "Loopback in every form",
        arguments: [
            ("127.0.0.1", true), ("127.9.9.9", true), ("128.0.0.1", false), ("1.0.0.127", false),
            ("::1", true),
            ("::ffff:127.0.0.1", true), ("::ffff:128.0.0.1", false), ("::", false), ("1::1", false),
            ("::1:0:0:1", false),
        ])
    func loopback(text: String, isLoopback: Bool) { #expect(Self.address(text, 9).isLoopback == isLoopback) }

    @Test("The words are the 28 bytes")
    func words() {
        for address in [
            Self.address("192.0.2.1", 4_000), Self.address("fe80::1:2:3:4", 5, scope: 9), SocketAddress(),
        ] {
            let words = address.words
            let back = withUnsafeBytes(of: words) { SocketAddress(kernel: $0.baseAddress!, length: 28) }
            #expect(back == address && back.words == words)
        }
    }

    /// Bounded tables with masks of few bits live on the low ones.
    @Test("Hashes of neighbours spread over the low bits")
    func hashes() {
        for key in [0, 1, 0x1234_5678_9abc_def0, UInt64.max] { hashes(key: key) }
    }

    private func hashes(key: UInt64) {
        var addresses: [SocketAddress] = []
        for number in 1...256 as ClosedRange<UInt16> {
            addresses += [
                Self.address("192.0.2.1", number), Self.address("192.0.2.1", number << 7),
                Self.address("10.0.0.\(number - 1)", 40_000), Self.address("2001:db8::\(number)", 40_000),
                Self.address("2001:db8:\(number)::1", 40_000),
                Self.address("fe80::1", 40_000, scope: UInt32(number)),
            ]
        }
        let distinct = Set(addresses)
        #expect(Set(distinct.map { $0.hash64(key: key) }).count == distinct.count)
        for kind in 0..<6 {
            var buckets = [Int](repeating: 0, count: 64)
            for index in stride(from: kind, to: addresses.count, by: 6) {
                buckets[Int(addresses[index].hash64(key: key) & 63)] += 1
            }
            #expect(buckets.max()! <= 32, "kind \(kind): 256 addresses in 64 buckets")
        }
    }

    @Test("Addresses that meet in a bucket under one key do not under another")
    func keyedHashes() {
        let meeting = (1...60_000 as ClosedRange<UInt16>).map { Self.address("192.0.2.1", $0) }
            .filter { $0.hash64(key: 1) & 63 == 0 }.prefix(256)
        var buckets = [Int](repeating: 0, count: 64)
        for address in meeting { buckets[Int(address.hash64(key: 2) & 63)] += 1 }
        #expect(meeting.count == 256 && buckets.max()! <= 32)
    }
}
