// SPDX-License-Identifier: GPL-2.0-or-later

/// SplitMix64: the same seed gives the same simulation on every machine.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }

    /// True in `per1000` of 1,000 cases.
    mutating func happens(_ per1000: Int) -> Bool { Int.random(in: 0..<1000, using: &self) < per1000 }
}
