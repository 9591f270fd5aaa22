// SPDX-License-Identifier: GPL-2.0-or-later

import CShims.Netlink
@testable import Links
import Sockets
import Support
import Testing

/// What recorded messages make of a table.
struct ReplayTests {
    static func decode(_ bytes: [UInt8], capacity: Int = 8) -> [LinkEvent] {
        var events: [LinkEvent] = []
        var raw = [engarde_link_event](repeating: engarde_link_event(), count: capacity)
        bytes.withUnsafeBytes { bytes in
            var offset = 0
            while offset < bytes.count {
                var consumed = 0
                let count = engarde_netlink_decode(
                    bytes.baseAddress! + offset, bytes.count - offset, &consumed, &raw, Int32(capacity))
                events += raw.prefix(Int(count)).compactMap { LinkEvent($0) }
                offset += consumed
                guard consumed > 0 else { break }
            }
        }
        return events
    }

    static func table(after messages: [[UInt8]]) -> InterfaceTable {
        var table = InterfaceTable()
        for event in messages.flatMap({ decode($0) }) {
            table.apply(event.content, isFromDump: event.isFromDump)
        }
        return table
    }

    @Test func linkAdded() {
        let down = Interface(
            index: 3, name: "v0", kind: "veth", isAdministrativelyUp: false, hasCarrier: false)
        let sequence = sequence(Recorded.addedV0)
        #expect(Self.decode(Recorded.addedV0) == [LinkEvent(content: .link(down), sequence: sequence)])
    }

    @Test func upWithCarrier() throws {
        let table = Self.table(after: [Recorded.addedV1, Recorded.addedV0, Recorded.up])
        #expect(table.interfaces.map(\.name) == ["v1", "v0"], "by index")
        let v0 = try #require(table.interface(named: "v0"))
        #expect(v0.isAdministrativelyUp && v0.hasCarrier && v0.mtu == 1500)
    }

    @Test func addresses() throws {
        let table = Self.table(after: [
            Recorded.addedV0, Recorded.address6, Recorded.address4, Recorded.pointToPoint,
        ])
        let v0 = try #require(table[3])
        #expect(v0.addresses.map(\.ip.description) == ["192.0.2.1", "198.51.100.1", "2001:db8::1"])
        #expect(v0.addresses.map(\.prefixLength) == [24, 32, 64])
        #expect(v0.addresses.map(\.isEligible) == [true, true, true])
    }

    @Test func addressRemoved() {
        let table = Self.table(after: [
            Recorded.addedV0, Recorded.address4, Recorded.address6, Recorded.addressGone,
            Recorded.addressGone,
        ])
        #expect(table[3]?.addresses.map(\.ip.description) == ["2001:db8::1"])
    }

    @Test func addressBeforeItsLink() {
        #expect(Self.table(after: [Recorded.address4]).interfaces == [])
        #expect(Self.table(after: [Recorded.address4, Recorded.addedV0])[3]?.addresses.count == 1)
    }

    @Test func renameKeepsIndexAndAddresses() {
        let table = Self.table(after: [Recorded.addedV0, Recorded.address4, Recorded.renamed])
        #expect(table.interface(named: "v0") == nil)
        #expect(table.interface(named: "wan0")?.index == 3)
        #expect(table[3]?.addresses.count == 1)
    }

    @Test func bridgePortMessagesSayNothing() {
        #expect(Self.decode(Recorded.bridgePort) == [])
        #expect(Self.decode(Recorded.bridgePortGone) == [])
    }

    @Test func removalTakesTheAddressesAlong() {
        let messages = [Recorded.addedV1, Recorded.addedV0, Recorded.address4, Recorded.renamed]
        #expect(Self.table(after: messages + [Recorded.removedWan0]).interfaces.map(\.name) == ["v1"])
        let emptied = Self.table(after: messages + [Recorded.removedWan0, Recorded.removedV1])
        #expect(emptied == InterfaceTable())
    }

    /// As net/wireless/wext-core.c builds it: header, name and IFLA_WIRELESS, nothing else.
    @Test func wirelessEventSaysNothing() {
        let name: [UInt8] = [9, 0, 3, 0] + Array("v0\0".utf8) + [0, 0, 0, 0, 0]
        let wireless: [UInt8] = [8, 0, 11, 0, 1, 2, 3, 4]
        var message = Array(Recorded.addedV0[..<32]) + name + wireless
        message[0] = UInt8(message.count)
        message[1] = 0
        #expect(Self.decode(message) == [])
        #expect(Self.decode(Array(message[..<32])) == [])
    }

    @Test func severalMessagesInOneDatagram() {
        let datagram = [
            Recorded.addedV0, Recorded.address4, Recorded.bridgePort, Recorded.address6, Recorded.renamed,
        ].flatMap { $0 }
        let all = Self.decode(datagram, capacity: 64)
        #expect(all.count == 4)
        #expect(Self.decode(datagram, capacity: 2) == all, "handed out one at a time")
    }

    @Test func tornDumpIsTold() {
        var message = Recorded.address4
        message[6] |= 0x12  // NLM_F_MULTI | NLM_F_DUMP_INTR
        #expect(Self.decode(message).map(\.content.isAddress) == [false, true])
        #expect(Self.decode(message).first?.content == .dumpInterrupted)
        #expect(Self.decode(message).map(\.isFromDump) == [true, true])
        message = Recorded.bridgePort
        message[6] |= 0x12
        // Though the message itself says nothing.
        #expect(Self.decode(message).map(\.content) == [.dumpInterrupted])
    }

    @Test func ends() {
        let done: [UInt8] = [20, 0, 0, 0, 3, 0, 2, 0, 9, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0]
        #expect(Self.decode(done) == [LinkEvent(content: .dumpDone, isFromDump: true, sequence: 9)])
        var refused: [UInt8] = done + Array(repeating: 0, count: 16)
        refused[0] = 36
        refused[4] = 2
        #expect(Self.decode(refused) == [], "an acknowledgement")
        refused.replaceSubrange(16..<20, with: [0xf0, 0xff, 0xff, 0xff])
        #expect(Self.decode(refused).map(\.content) == [.requestFailed(Errno(16))])
    }

    /// Truncated and mangled messages are decoded without a crash and to an end.
    @Test func mangled() {
        var random = SeededGenerator(seed: 2)
        let whole = [Recorded.addedV0, Recorded.address4, Recorded.address6, Recorded.removedWan0]
        for _ in 0..<3000 {
            var bytes = whole.randomElement(using: &random)!
            for _ in 0..<Int.random(in: 1...8, using: &random) {
                let at = Int.random(in: 0..<min(bytes.count, 200), using: &random)
                bytes[at] = .random(in: 0...255, using: &random)
            }
            bytes.removeLast(Int.random(in: 0..<bytes.count, using: &random))
            _ = Self.table(after: [bytes])
        }
    }

    private func sequence(_ message: [UInt8]) -> UInt32 {
        message[8..<12].reversed().reduce(0) { $0 << 8 | UInt32($1) }
    }
}

extension LinkEvent.Content {
    fileprivate var isAddress: Bool { if case .address = self { true } else { false } }
}
