// SPDX-License-Identifier: GPL-2.0-or-later

/// BLAKE2s (RFC 7693): a digest of 1 to 32 bytes, with a key or without.
///
/// Made once and used often: what the key costs is paid when it is made. It is plain data, so copies are independent
/// and any thread may use one. Ours, because no maintained Swift package has it: swift-crypto stops at SHA-2.
struct BLAKE2s: BitwiseCopyable, Sendable {
    /// Bytes in a digest, 1...32.
    let digestLength: Int
    /// The state behind the key, where a message begins.
    private let start: Words
    /// Bytes hashed before a message begins: a block when there is a key.
    private let startLength: Int
    /// Of no bytes at all. Apart, because the key's block is then the last one.
    private let digestOfNothing: Digest

    /// - Parameters:
    ///   - digestLength: bytes wanted, 1...32; another length gives another digest, not a part of it.
    ///   - key: 0...32 bytes; none is an ordinary hash.
    init(digestLength: Int, key: [UInt8] = []) {
        precondition((1...32).contains(digestLength) && key.count <= 32)
        self.digestLength = digestLength
        var state = Self.initialWords
        // The parameter block (section 2.5): fan-out 1, depth 1, the two lengths; the rest of it is 0.
        state[0] ^= 0x0101_0000 | UInt32(key.count) << 8 | UInt32(digestLength)
        var keyBlock = Block(repeating: 0)
        for (place, byte) in key.enumerated() { keyBlock[place >> 2] |= UInt32(byte) << UInt32(8 * (place & 3)) }
        startLength = key.isEmpty ? 0 : Self.blockLength

        var ofNothing = state
        Self.compress(&ofNothing, keyBlock, hashed: startLength, isLast: true)
        digestOfNothing = Digest(words: ofNothing, length: digestLength)
        if !key.isEmpty { Self.compress(&state, keyBlock, hashed: startLength, isLast: false) }
        start = state
    }

    /// - Parameters:
    ///   - bytes: the message; need not be aligned.
    ///   - length: its size in bytes, from 0.
    @_noLocks
    func digest(of bytes: UnsafeRawPointer, length: Int) -> Digest {
        guard length > 0 else { return digestOfNothing }
        var state = start
        var at = 0
        // The last block is held back, also when it is full.
        while length - at > Self.blockLength {
            let block = unsafe Self.block(bytes + at, length: Self.blockLength)
            at += Self.blockLength
            Self.compress(&state, block, hashed: startLength + at, isLast: false)
        }
        let block = unsafe Self.block(bytes + at, length: length - at)
        Self.compress(&state, block, hashed: startLength + length, isLast: true)
        return Digest(words: state, length: digestLength)
    }

    /// For set-up and tests, where a message is an array.
    func digest(of message: [UInt8]) -> Digest {
        guard !message.isEmpty else { return digestOfNothing }
        return unsafe message.withUnsafeBytes { unsafe digest(of: $0.baseAddress!, length: $0.count) }
    }
}
