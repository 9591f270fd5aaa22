// SPDX-License-Identifier: GPL-2.0-or-later

import Links
import Testing

/// What flags and attributes of a link message say about its carrier.
struct CarrierTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var name: String
        var flags: UInt32
        var carrier: UInt8?
        /// `IFLA_OPERSTATE`, numbered as in RFC 2863's ifOperStatus less one.
        var state: UInt8
        var mode: UInt8 = 0
        var carries: Bool
        var testDescription: String { name }
    }

    static let up: UInt32 = 1
    static let running: UInt32 = 0x40
    static let lowerUp: UInt32 = 0x1_0000

    static let cases = [
        Case(name: "up and running", flags: up | running | lowerUp, carrier: 1, state: 6, carries: true),
        Case(name: "carrier, deferred task to come", flags: up | lowerUp, carrier: 1, state: 2, carries: true),
        Case(name: "carrier, state unknown", flags: up | lowerUp, carrier: 1, state: 0, carries: true),
        Case(name: "running still set, carrier lost", flags: up | running, carrier: 0, state: 6, carries: false),
        Case(name: "no carrier", flags: up, carrier: 0, state: 2, carries: false),
        Case(name: "dormant by state", flags: up | lowerUp, carrier: 1, state: 5, carries: false),
        Case(name: "dormant by mode", flags: up | lowerUp, carrier: 1, state: 2, mode: 1, carries: false),
        Case(name: "lower layer down", flags: up | lowerUp, carrier: 1, state: 7, carries: false),
        Case(name: "administratively down", flags: running | lowerUp, carrier: 1, state: 6, carries: false),
        Case(name: "no attribute, running", flags: up | running, carrier: nil, state: 0, carries: true),
        Case(name: "no attribute, not running", flags: up, carrier: nil, state: 0, carries: false),
    ]

    @Test(arguments: cases)
    func carrier(_ one: Case) throws {
        let table = ReplayTests.table(after: [Self.message(one)])
        #expect(try #require(table.interface(named: "w0")).hasCarrier == one.carries)
    }

    /// An RTM_NEWLINK with just these attributes.
    private static func message(_ one: Case) -> [UInt8] {
        var body = word(0) + word(9) + word(one.flags) + word(0)  // struct ifinfomsg
        body += attribute(3, Array("w0\0".utf8))  // IFLA_IFNAME
        body += attribute(4, word(1500))  // IFLA_MTU
        body += attribute(16, [one.state])  // IFLA_OPERSTATE
        body += attribute(17, [one.mode])  // IFLA_LINKMODE
        if let carrier = one.carrier { body += attribute(33, [carrier]) }  // IFLA_CARRIER
        return word(UInt32(16 + body.count)) + [16, 0, 0, 0] + word(1) + word(0) + body
    }

    private static func word(_ value: UInt32) -> [UInt8] { withUnsafeBytes(of: value) { Array($0) } }

    private static func attribute(_ type: UInt16, _ payload: [UInt8]) -> [UInt8] {
        let head = withUnsafeBytes(of: (UInt16(4 + payload.count), type)) { Array($0) }
        return head + payload + [UInt8](repeating: 0, count: (4 - payload.count % 4) % 4)
    }
}
