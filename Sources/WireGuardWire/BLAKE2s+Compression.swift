// SPDX-License-Identifier: GPL-2.0-or-later

/// The compression function F of RFC 7693, section 3.2, with its names.
extension BLAKE2s {
    typealias Words = InlineArray<8, UInt32>
    typealias Block = InlineArray<16, UInt32>

    /// Bytes of a block.
    static var blockLength: Int { @_noLocks get { 64 } }

    /// IV: the first 32 bits of the fractional parts of the square roots of the first eight primes (section 2.6).
    static var initialWords: Words {
        @_noLocks get {
            [
                0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a,
                0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19,
            ]
        }
    }

    /// A message's next `length` bytes, 1...64, with zeros behind them.
    @_noLocks
    static func block(_ bytes: UnsafeRawPointer, length: Int) -> Block {
        var block = Block(repeating: 0)
        let wholeWords = length >> 2
        for index in 0..<wholeWords {
            unsafe block[index] = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 4 * index, as: UInt32.self))
        }
        for place in wholeWords << 2..<length {
            let byte = unsafe bytes.load(fromByteOffset: place, as: UInt8.self)
            block[place >> 2] |= UInt32(byte) << UInt32(8 * (place & 3))
        }
        return block
    }

    /// - Parameter hashed: bytes up to the end of this block, the zeros behind a message left out.
    @_noLocks
    static func compress(_ h: inout Words, _ m: borrowing Block, hashed: Int, isLast: Bool) {
        let iv = initialWords
        var v = Block(repeating: 0)
        for index in 0..<8 {
            v[index] = h[index]
            v[index + 8] = iv[index]
        }
        v[12] ^= UInt32(truncatingIfNeeded: hashed)
        v[13] ^= UInt32(truncatingIfNeeded: hashed >> 32)
        if isLast { v[14] = ~v[14] }
        for round in 0..<10 {
            let s = schedule(round)
            mix(&v, 0, 4, 8, 12, m[place(s, 0)], m[place(s, 1)])
            mix(&v, 1, 5, 9, 13, m[place(s, 2)], m[place(s, 3)])
            mix(&v, 2, 6, 10, 14, m[place(s, 4)], m[place(s, 5)])
            mix(&v, 3, 7, 11, 15, m[place(s, 6)], m[place(s, 7)])
            mix(&v, 0, 5, 10, 15, m[place(s, 8)], m[place(s, 9)])
            mix(&v, 1, 6, 11, 12, m[place(s, 10)], m[place(s, 11)])
            mix(&v, 2, 7, 8, 13, m[place(s, 12)], m[place(s, 13)])
            mix(&v, 3, 4, 9, 14, m[place(s, 14)], m[place(s, 15)])
        }
        for index in 0..<8 { h[index] ^= v[index] ^ v[index + 8] }
    }

    /// SIGMA (section 2.7): in which order a round takes the words, one hexadecimal digit each.
    @_noLocks
    private static func schedule(_ round: Int) -> UInt64 {
        switch round {
        case 0: 0x0123_4567_89ab_cdef
        case 1: 0xea48_9fd6_1c02_b753
        case 2: 0xb8c0_52fd_ae36_7194
        case 3: 0x7931_dcbe_265a_40f8
        case 4: 0x9057_24af_e1bc_683d
        case 5: 0x2c6a_0b83_4d75_fe19
        case 6: 0xc51f_ed4a_0763_928b
        case 7: 0xdb7e_c139_50f4_862a
        case 8: 0x6fe9_b308_c2d7_14a5
        default: 0xa284_7615_fb9e_3cd0
        }
    }

    /// Digit `index` of a schedule, 0...15 as it is read.
    @_noLocks
    private static func place(_ schedule: UInt64, _ index: UInt64) -> Int {
        Int(truncatingIfNeeded: schedule &>> (60 &- 4 &* index) & 0xf)
    }

    /// G (section 3.1).
    @inline(__always)
    @_noLocks
    private static func mix(
        _ v: inout Block, _ a: Int, _ b: Int, _ c: Int, _ d: Int, _ x: UInt32, _ y: UInt32
    ) {
        v[a] = v[a] &+ v[b] &+ x
        v[d] = rotated(v[d] ^ v[a], 16)
        v[c] = v[c] &+ v[d]
        v[b] = rotated(v[b] ^ v[c], 12)
        v[a] = v[a] &+ v[b] &+ y
        v[d] = rotated(v[d] ^ v[a], 8)
        v[c] = v[c] &+ v[d]
        v[b] = rotated(v[b] ^ v[c], 7)
    }

    /// To the right.
    @_noLocks
    private static func rotated(_ word: UInt32, _ bits: UInt32) -> UInt32 { word &>> bits | word &<< (32 &- bits) }
}
