// SPDX-License-Identifier: GPL-2.0-or-later

import Support
import Testing

struct PureTests {
    @Test func sequenceNumbersGrowBeyondSixteenBits() {
        var unwrapper = SequenceUnwrapper()
        var low = 0
        for expected in 1...200_000 {
            low = (low + 1) & 0xffff
            #expect(unwrapper.unwrap(low) == expected)
        }
        #expect(unwrapper.unwrap(low - 3) == 199_997)
    }

    @Test(arguments: [0, 23, 24, 1_000, 65_507])
    func loadDatagramsShowDamage(size: Int) {
        var bytes = LoadDatagram.make(number: 7, size: size, nanoseconds: 9)
        let whole = bytes.withUnsafeBytes { LoadDatagram.read($0) }
        #expect((whole?.number == 7 && whole?.nanoseconds == 9) == (size >= LoadDatagram.headerSize))
        guard size > LoadDatagram.headerSize else { return }
        bytes[size - 1] ^= 1
        #expect(bytes.withUnsafeBytes { LoadDatagram.read($0) } == nil)
    }

    @Test(arguments: [(1.25, 2, "1.25"), (0.04, 1, "0.0"), (12.0, 0, "12"), (-3.06, 1, "-3.1"), (9.99, 1, "10.0")])
    func decimals(value: Double, digits: Int, text: String) { #expect(fixed(value, digits) == text) }
}
