// SPDX-License-Identifier: GPL-2.0-or-later

import Testing

@testable import engarde

@Suite struct TypedListTests {
    @Test func listsAreReadAndShown() throws {
        let list = try #require(TypedList("203.0.113.7,vpn.example  2001:db8::1", where: ServerAddress.isValid))
        #expect(list.items == ["203.0.113.7", "vpn.example", "2001:db8::1"])
        #expect("\(list)" == "203.0.113.7, vpn.example, 2001:db8::1")
        for text in ["", " , ", "203.0.113.7, 203.0.113"] {
            #expect(TypedList(text, where: ServerAddress.isValid) == nil)
        }
    }
}
