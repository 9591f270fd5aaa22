// SPDX-License-Identifier: GPL-2.0-or-later

internal import CShims.Socket

/// Finds out whether what an opaque server sends upstream comes back to it, as it does when its destination is another
/// relay that leads here: one datagram would go round for ever, as fast as the machine can.
///
/// The same bytes coming again and again, more often than there are paths, raise the suspicion. Contents say nothing
/// more where traffic is opaque, so the server asks: it sends upstream a datagram that nobody can guess. Who brings it
/// back brings what is the server's own. A WireGuard, in disguise or not, throws it away.
@safe
struct LoopWatch: ~Copyable {
    /// `engarde?` and 24 bytes that nobody can guess: no WireGuard message begins with such a byte.
    static var questionLength: Int { @_noLocks get { 32 } }
    private static var questionStart: UInt64 { @_noLocks get { 0x3f65_6472_6167_6e65 } }

    /// One datagram that is watched for, and how often it has come again.
    private var sample: UInt64 = 0
    private var sampledAt = Int64.min / 2
    private var repeats = 0
    private let question: UnsafeMutableRawPointer
    private var askedAt = Int64.min / 2
    private var seed: UInt64

    init(random: inout some RandomNumberGenerator) {
        seed = random.next()
        unsafe question = .allocate(byteCount: Self.questionLength, alignment: 16)
    }

    deinit { unsafe question.deallocate() }

    /// Looks at a datagram from one of so many paths. Returns whether it is time to ask.
    @_noLocks
    mutating func suspects(_ datagram: iovec, paths: Int, _ now: Int64) -> Bool {
        let mark = unsafe Self.mark(datagram)
        if now - sampledAt >= Limits.loopSampleNanoseconds {
            (sample, sampledAt, repeats) = (mark, now, 0)
        } else if mark == sample {
            repeats += 1
            if repeats >= Limits.loopRepeats * paths {
                repeats = Int.min  // asked, until the next sample
                return true
            }
        }
        return false
    }

    /// Makes a new question, and remembers it.
    ///
    /// - Parameter memory: ``questionLength`` bytes for it, which stay until it is sent.
    @_noLocks
    mutating func ask(_ now: Int64, at memory: UnsafeMutableRawPointer) -> iovec {
        askedAt = now
        unsafe question.storeBytes(of: Self.questionStart, as: UInt64.self)
        for offset in 1..<4 {
            seed &+= 0x9e37_79b9_7f4a_7c15
            unsafe question.storeBytes(of: Self.mix(seed), toByteOffset: offset * 8, as: UInt64.self)
        }
        unsafe memory.copyMemory(from: question, byteCount: Self.questionLength)
        return unsafe iovec(iov_base: memory, iov_len: Self.questionLength)
    }

    /// Whether one may come back yet.
    @_noLocks
    func waits(_ now: Int64) -> Bool { now - askedAt < Limits.loopAnswerNanoseconds }

    /// Whether this is what was asked last.
    @_noLocks
    func isQuestion(_ datagram: iovec) -> Bool {
        guard unsafe datagram.iov_len == Self.questionLength else { return false }
        for offset in 0..<4 {
            let word = unsafe datagram.iov_base.loadUnaligned(fromByteOffset: offset * 8, as: UInt64.self)
            if unsafe word != question.load(fromByteOffset: offset * 8, as: UInt64.self) { return false }
        }
        return true
    }

    /// What tells a datagram from others: its length, its first and its last 16 bytes.
    @_noLocks
    private static func mark(_ datagram: iovec) -> UInt64 {
        let length = unsafe datagram.iov_len
        guard length > 0, let bytes = unsafe UnsafeRawPointer(datagram.iov_base) else { return 0 }
        var mark = UInt64(truncatingIfNeeded: length)
        if length < 16 {
            for offset in 0..<length {
                mark = unsafe mix(mark ^ UInt64(bytes.load(fromByteOffset: offset, as: UInt8.self)))
            }
            return mark
        }
        mark = unsafe mix(mark ^ bytes.loadUnaligned(as: UInt64.self))
        mark = unsafe mix(mark ^ bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
        mark = unsafe mix(mark ^ bytes.loadUnaligned(fromByteOffset: length - 16, as: UInt64.self))
        return unsafe mix(mark ^ bytes.loadUnaligned(fromByteOffset: length - 8, as: UInt64.self))
    }

    /// Spreads 64 bits (SplitMix64, Steele and others, 2014).
    @_noLocks
    private static func mix(_ value: UInt64) -> UInt64 {
        var mixed = (value ^ value >> 30) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
        return mixed ^ mixed >> 31
    }
}

extension Limits {
    /// The same bytes so many times as often as there are paths, within the time a sample is watched for, are asked
    /// about: a client sends a datagram over each of its links once. A loop on one machine has them in a millisecond,
    /// one around the world in some seconds.
    static var loopRepeats: Int { @_noLocks get { 8 } }
    static var loopSampleNanoseconds: Int64 { @_noLocks get { 10_000_000_000 } }
    /// How long a question may take to come back.
    static var loopAnswerNanoseconds: Int64 { @_noLocks get { 5_000_000_000 } }
    /// Addresses that bring back what is the server's own, at one time: a relay between may have as many links.
    static var loopAddresses: Int { @_noLocks get { 64 } }
}
