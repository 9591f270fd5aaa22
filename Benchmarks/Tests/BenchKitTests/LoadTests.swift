// SPDX-License-Identifier: GPL-2.0-or-later

import BenchKit
import Testing

@Suite struct LoadTests {
    @Test(arguments: [("2000", Load.rate(2_000)), ("full", .full), ("flood", .flood)])
    func words(text: String, load: Load) {
        #expect(Load(text) == load)
        #expect(load.description == text)
    }

    @Test(arguments: ["", "0", "-1", "fast"])
    func refused(text: String) { #expect(Load(text) == nil) }
}
