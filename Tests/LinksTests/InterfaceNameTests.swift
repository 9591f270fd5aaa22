// SPDX-License-Identifier: GPL-2.0-or-later

import Testing

@testable import Links

@Suite struct InterfaceNameTests {
    @Test(
        "What is no text is written in hexadecimal, so that names stay different and terminals safe",
        arguments: [
            (Array("wwan0".utf8), "wwan0"), (Array("wan.é".utf8), "wan.é"), ([0x77, 0xff, 0x30], "w\\xff0"),
            ([0x77, 0xc3, 0x30], "w\\xc30"), (Array("a\u{1b}[31m".utf8), "a\\x1b[31m"), (Array("a\\xff".utf8), "a\\x5cxff"),
            (Array("a\u{202e}b".utf8), "a\\xe2\\x80\\xaeb"), ([0xff, 0x5c], "\\xff\\x5c"),
        ])
    func text(_ bytes: [UInt8], expected: String) { #expect(InterfaceName.text(bytes) == expected) }
}
