// SPDX-License-Identifier: GPL-2.0-or-later

import Testing

@testable import Control

@Suite struct LinkPlacesTests {
    private static let second: Int64 = 1_000_000_000

    private static func occupant(
        _ index: Int32, joined: Int64 = 100, brought: Bool = false, asked: Bool = true
    ) -> LinkPlaces.Occupant {
        LinkPlaces.Occupant(
            index: index, joined: joined * second, hasBroughtSomething: brought, wasAsked: asked)
    }

    @Test("The one that has brought nothing for longest gives way")
    func longest() {
        let occupants = [
            Self.occupant(1, brought: true), Self.occupant(2, joined: 101), Self.occupant(3), Self.occupant(4),
        ]
        #expect(LinkPlaces.givingWay(occupants, now: 110 * Self.second) == 3)
    }

    @Test(
        "None gives way that works, is new, or had nothing to answer",
        arguments: [
            occupant(1, brought: true), occupant(1, joined: 107), occupant(1, asked: false),
        ])
    func stays(_ occupant: LinkPlaces.Occupant) {
        #expect(LinkPlaces.givingWay([occupant], now: 110 * Self.second) == nil)
    }

    @Test(
        "The pattern named matches the largest family of interfaces",
        arguments: [
            (["eth0", "wwan0", "br-0a1b2c", "br-112233", "br-ffee00"], "br-*"),
            (["veth1a2b", "vethffff", "eth0"], "veth*"), (["eth0", "wwan0"], nil), ([], nil),
        ] as [([String], String?)])
    func pattern(_ names: [String], expected: String?) {
        #expect(LinkPlaces.commonPattern(names) == expected)
    }

    @Test("Too many links are told of with the limit and a pattern")
    func advice() {
        let bridges = (0..<60).map { "br-\($0)" }
        let advice = ClientControl.adviceOnCount(of: bridges + ["eth0"])
        #expect(advice?.contains("48 links") == true && advice?.contains("[\"br-*\"]") == true, "\(advice ?? "none")")
        #expect(ClientControl.adviceOnCount(of: Array(bridges.prefix(48))) == nil)
    }
}
