// SPDX-License-Identifier: GPL-2.0-or-later

/// SplitMix64 (Steele, Lea, Flood 2014): the same seed gives the same sequence on every machine.
public struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    public init(seed: UInt64) { state = seed }

    public mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }

    /// True in `per1000` of 1,000 cases.
    public mutating func happens(_ per1000: Int) -> Bool { chance(per1000, in: 1000) }

    public mutating func chance(_ numerator: Int, in denominator: Int) -> Bool {
        Int.random(in: 0..<denominator, using: &self) < numerator
    }

    /// Up to `countMax` of the pieces, joined.
    public mutating func text(of pieces: [String], countMax: Int) -> String {
        let count = Int.random(in: 0...countMax, using: &self)
        return (0..<count).map { _ in pieces.randomElement(using: &self)! }.joined()
    }
}
