// SPDX-License-Identifier: GPL-2.0-or-later

/// Turns 16-bit sequence numbers that wrap into ones that grow.
public struct SequenceUnwrapper {
    private var last = 0

    public init() {}

    /// The number nearest to the last one that has these low 16 bits; never below zero.
    public mutating func unwrap(_ low: Int) -> Int {
        var distance = (low - last) & 0xffff
        if distance >= 0x8000 { distance -= 0x10000 }
        last = max(0, last + distance)
        return last
    }
}
