// SPDX-License-Identifier: GPL-2.0-or-later

extension BLAKE2s {
    /// What a message came to.
    struct Digest: BitwiseCopyable, Sendable {
        /// The bytes in order, four a word, little-endian; those from `length` on mean nothing.
        let words: Words
        /// Bytes that count, 1...32.
        let length: Int

        @_noLocks
        init(words: Words, length: Int) {
            self.words = words
            self.length = length
        }

        /// For set-up and tests: it allocates.
        var bytes: [UInt8] { (0..<length).map { UInt8(truncatingIfNeeded: words[$0 >> 2] >> UInt32(8 * ($0 & 3))) } }

        /// Whether the 16 bytes at `other`, which need not be aligned, are the first 16 of this digest.
        ///
        /// It takes the same time whatever the bytes are.
        @_noLocks
        func begins(_ other: UnsafeRawPointer) -> Bool {
            var difference: UInt32 = 0
            for index in 0..<4 {
                let word = unsafe other.loadUnaligned(fromByteOffset: 4 * index, as: UInt32.self)
                difference |= words[index] ^ UInt32(littleEndian: word)
            }
            return difference == 0
        }
    }
}
