// SPDX-License-Identifier: GPL-2.0-or-later

import CShims.Socket
import Sockets
import Support
import Testing

@testable import DataPlane

@Suite struct AcceptedSourcesTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var source: String
        var prefixes: [String] = []
        /// What the datagram was sent to; empty where the socket does not tell.
        var local = ""
        var isAccepted: Bool
        var testDescription: String { "\(source) with \(prefixes) to \(local.isEmpty ? "?" : local)" }
    }

    @Test(
        "WireGuard may speak from this machine and from where the file says",
        arguments: [
            Case(source: "127.0.0.1", isAccepted: true), Case(source: "127.255.0.9", isAccepted: true),
            Case(source: "::1", isAccepted: true), Case(source: "::ffff:127.0.0.1", isAccepted: true),
            Case(source: "128.0.0.1", isAccepted: false), Case(source: "126.255.255.255", isAccepted: false),
            Case(source: "::2", isAccepted: false), Case(source: "::", isAccepted: false),
            Case(source: "::127.0.0.1", isAccepted: false),
            // This machine's own address.
            Case(source: "192.0.2.7", local: "192.0.2.7", isAccepted: true),
            Case(source: "192.0.2.7", local: "192.0.2.8", isAccepted: false),
            Case(source: "192.0.2.7", local: "", isAccepted: false),
            Case(source: "2001:db8::7", local: "2001:db8::7", isAccepted: true),
            Case(source: "2001:db8::7", local: "2001:db8:0:1::7", isAccepted: false),
            Case(source: "2001:db8::7", local: "2001:db8::8", isAccepted: false),
            Case(source: "::ffff:192.0.2.7", local: "::ffff:192.0.2.7", isAccepted: true),
            Case(source: "::ffff:192.0.2.7", local: "::ffff:192.0.2.8", isAccepted: false),
            // What the file adds.
            Case(source: "192.0.2.7", prefixes: ["192.0.2.0/24"], isAccepted: true),
            Case(source: "192.0.3.7", prefixes: ["192.0.2.0/24"], isAccepted: false),
            Case(source: "::ffff:192.0.2.7", prefixes: ["192.0.2.0/24"], isAccepted: true),
            Case(source: "::ffff:192.0.3.7", prefixes: ["192.0.2.0/24"], isAccepted: false),
            Case(source: "192.0.2.7", prefixes: ["192.0.2.7"], isAccepted: true),
            Case(source: "192.0.2.6", prefixes: ["192.0.2.7"], isAccepted: false),
            Case(source: "203.0.113.1", prefixes: ["192.0.2.0/24", "203.0.113.0/25"], isAccepted: true),
            Case(source: "203.0.113.129", prefixes: ["192.0.2.0/24", "203.0.113.0/25"], isAccepted: false),
            Case(source: "203.0.113.1", prefixes: ["0.0.0.0/0"], isAccepted: true),
            Case(source: "2001:db8::1", prefixes: ["0.0.0.0/0"], isAccepted: false),
            Case(source: "::203.0.113.1", prefixes: ["0.0.0.0/0"], isAccepted: false),
            Case(source: "2001:db8::1", prefixes: ["::/0"], isAccepted: true),
            Case(source: "2001:db8::1", prefixes: ["2001:db8::/32"], isAccepted: true),
            Case(source: "2001:db9::1", prefixes: ["2001:db8::/32"], isAccepted: false),
            Case(source: "2001:db8::1", prefixes: ["2001:db8::/64"], isAccepted: true),
            Case(source: "2001:db8:0:1::1", prefixes: ["2001:db8::/64"], isAccepted: false),
            Case(source: "2001:db8::ffff", prefixes: ["2001:db8::/113"], isAccepted: false),
            Case(source: "2001:db8::7fff", prefixes: ["2001:db8::/113"], isAccepted: true),
            Case(source: "2001:db8::1", prefixes: ["2001:db8::1"], isAccepted: true),
            Case(source: "2001:db8::2", prefixes: ["2001:db8::1"], isAccepted: false),
        ])
    func table(_ test: Case) throws {
        let sources = AcceptedSources(prefixes: try test.prefixes.map { try #require(AddressPrefix($0)) })
        let source = SocketAddress(try #require(IPAddress(test.source)), port: 51_820)
        let local = test.local.isEmpty ? engarde_packet_info() : TransmitMessagesTests.local(test.local)
        let isAccepted = sources.accepts(source, sentTo: local)
        #expect(isAccepted == test.isAccepted)
    }

    @Test("Every prefix length agrees with the definition", arguments: 1...8 as ClosedRange<UInt64>)
    func everyLength(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let base = (0..<16).map { _ in UInt8.random(in: 32...254, using: &random) }
        let network = try #require(base.withUnsafeBytes { IPAddress(bytes: $0) })
        for bits in 0...128 {
            let prefix = try #require(AddressPrefix(network, bits: bits))
            let sources = AcceptedSources(prefixes: [prefix])
            for flipped in [0, 31, 32, 63, 64, 65, 127, bits - 1, bits] where (0..<128).contains(flipped) {
                var other = base
                other[flipped / 8] ^= 0x80 >> UInt8(flipped % 8)
                let ip = try #require(other.withUnsafeBytes { IPAddress(bytes: $0) })
                let isAccepted = sources.accepts(SocketAddress(ip, port: 1), sentTo: engarde_packet_info())
                #expect(isAccepted == (flipped >= bits), "bit \(flipped) of /\(bits)")
            }
        }
    }
}
