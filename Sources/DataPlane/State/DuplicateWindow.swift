// SPDX-License-Identifier: GPL-2.0-or-later

internal import WireGuardWire

/// Recognises copies of datagrams that have been forwarded lately, so that WireGuard decrypts each datagram once.
///
/// A data message is known by its receiver, counter and tag together; a handshake message by all its bytes. A secret
/// hash of them, 64 bits long, stands for them, so nobody can make another datagram look like a copy: a forged counter
/// or receiver makes a different datagram, and two different ones are taken for each other once in 2⁶⁰ look-ups.
/// When in doubt a datagram is new: what has been forgotten is forwarded again, and WireGuard's own replay window,
/// which stands behind decryption, refuses it.
///
/// The memory is one table for all sessions, `8 × sets` entries of 24 bytes, in which consecutive counters of a session
/// fall into consecutive sets and the oldest of eight gives way. One session at r datagrams/s is remembered for
/// `8 × sets / r` seconds: 131,072 entries (3 MiB) cover 1.3 s at 100,000/s. Sessions share the table without a share of
/// their own: with many of them sets fill unevenly, and a thousand sessions that send 100,000/s together have 1 % of
/// their datagrams forgotten within a second in 262,144 entries, 0.02 % in 524,288 (Poisson). Datagrams of unknown
/// sources give way to each other and to those of known ones, so a flood of forged ones does not shorten the memory of
/// anybody whom WireGuard has answered; one sent in the name of a known address does. What none of it can do is to
/// suppress a datagram.
@safe
struct DuplicateWindow: ~Copyable {
    /// What a datagram is known by.
    struct Key: BitwiseCopyable {
        var set: Int
        var fingerprint: UInt64
        /// Microseconds after which it is forgotten.
        var lifetime: UInt32

        @_noLocks
        init(set: Int, fingerprint: UInt64, lifetime: UInt32) {
            self.set = set
            self.fingerprint = fingerprint
            self.lifetime = lifetime
        }
    }

    /// A set is three cache lines: eight fingerprints (0 for none), eight times (µs, wrapping) and owners, and eight
    /// masks of members. A look-up that finds nothing touches the first alone.
    private static var ways: Int { @_noLocks get { 8 } }
    private static var setBytes: Int { @_noLocks get { 192 } }
    private static var timesAt: Int { @_noLocks get { 64 } }
    private static var ownersAt: Int { @_noLocks get { 96 } }
    private static var membersAt: Int { @_noLocks get { 128 } }

    /// A late copy of a data message is recognised this long, microseconds.
    private static var dataLifetime: UInt32 { @_noLocks get { 4_000_000 } }
    /// The same for handshakes, which WireGuard never sends twice with the same bytes but somebody else may later.
    private static var handshakeLifetime: UInt32 { @_noLocks get { 1_000_000 } }

    /// A known source's datagram has its place for this long against those of unknown ones, microseconds.
    private static var reach: UInt32 { @_noLocks get { 1_000_000 } }
    /// Marks an owner nobody vouches for.
    private static var pendingBit: UInt32 { @_noLocks get { 1 << 31 } }

    private let memory: UnsafeMutableRawPointer
    private let mask: Int
    private let secret: (UInt64, UInt64, UInt64, UInt64)

    /// - Parameters:
    ///   - entries: how many datagrams are remembered, a power of two and at least 8.
    ///   - random: where the secret comes from.
    init(entries: Int, random: inout some RandomNumberGenerator) {
        precondition(entries >= Self.ways && entries & (entries - 1) == 0)
        let sets = entries / Self.ways
        mask = sets - 1
        // Not touched before it is used: an idle program does not pay for it.
        unsafe memory = zeroedMemory(bytes: sets * Self.setBytes)
        secret = (random.next(), random.next(), random.next(), random.next())
    }

    deinit { unsafe freeZeroedMemory(memory, bytes: (mask + 1) * Self.setBytes) }

    // MARK: Keys

    /// What a message is known by.
    ///
    /// - Parameters:
    ///   - message: its header, not `foreign`.
    ///   - bytes: all `length` bytes of it.
    @_noLocks
    func key(_ message: Message, _ bytes: UnsafeRawPointer, _ length: Int) -> Key {
        guard case .data = message.kind else { return unsafe handshakeKey(bytes, length) }
        let tag = unsafe (
            bytes.loadUnaligned(fromByteOffset: length - 16, as: UInt64.self),
            bytes.loadUnaligned(fromByteOffset: length - 8, as: UInt64.self)
        )
        let receiver = UInt64(message.receiver)
        let hash = Self.fold(
            Self.fold(tag.0 ^ secret.0, tag.1 ^ secret.1) ^ message.counter ^ secret.2, receiver ^ secret.3)
        let home = Self.fold(receiver ^ secret.1, secret.2)
        return Key(
            set: Int(truncatingIfNeeded: home &+ message.counter) & mask, fingerprint: hash == 0 ? 1 : hash,
            lifetime: Self.dataLifetime)
    }

    @_noLocks
    private func handshakeKey(_ bytes: UnsafeRawPointer, _ length: Int) -> Key {
        var hash = secret.0 ^ UInt64(truncatingIfNeeded: length)
        var offset = 0
        // Handshake messages are multiples of four bytes long and at least 64.
        while offset + 8 <= length {
            hash = unsafe Self.fold(
                hash ^ bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self), secret.1)
            offset += 8
        }
        hash = unsafe Self.fold(
            hash ^ bytes.loadUnaligned(fromByteOffset: length - 8, as: UInt64.self), secret.2)
        return Key(
            set: Int(truncatingIfNeeded: Self.fold(hash, secret.3)) & mask, fingerprint: hash == 0 ? 1 : hash,
            lifetime: Self.handshakeLifetime)
    }

    @_noLocks
    private static func fold(_ a: UInt64, _ b: UInt64) -> UInt64 {
        let product = a.multipliedFullWidth(by: b)
        return product.high ^ product.low
    }

    // MARK: Entries

    /// Returns the entry of a datagram that has been forwarded, if there is one.
    ///
    /// - Parameter now: monotonic microseconds, wrapping.
    @_noLocks
    func find(_ key: Key, now: UInt32) -> WindowEntry? {
        let fingerprints = unsafe fingerprints(key.set)
        for way in 0..<Self.ways where unsafe fingerprints[way] == key.fingerprint {
            return unsafe now &- times(key.set)[way] <= key.lifetime ? WindowEntry(key.set * Self.ways + way) : nil
        }
        return nil
    }

    /// Remembers a datagram that is being forwarded and was not found.
    ///
    /// - Parameters:
    ///   - owner: whose it is, below 2³¹.
    ///   - isPending: it comes from a source nobody vouches for; it may find no place.
    ///   - member: 0...63, by which of the owner's links or paths it came.
    @_noLocks
    mutating func insert(_ key: Key, now: UInt32, owner: UInt32, member: Int, isPending: Bool) {
        let fingerprints = unsafe fingerprints(key.set)
        let times = unsafe times(key.set)
        let owners = unsafe owners(key.set)
        var (place, age, isEvictablePending) = (0, UInt32(0), false)
        for way in 0..<Self.ways {
            // One that has outlived its time and is forwarded again takes its own place.
            if unsafe fingerprints[way] == 0 || fingerprints[way] == key.fingerprint {
                (place, age) = (way, .max)
                break
            }
            let wayIsPending = unsafe owners[way] & Self.pendingBit != 0
            let wayAge = unsafe now &- times[way]
            if wayIsPending != isEvictablePending ? wayIsPending : wayAge >= age { (place, age, isEvictablePending) = (way, wayAge, wayIsPending) }
        }
        if isPending && !isEvictablePending && age < Self.reach { return }
        unsafe fingerprints[place] = key.fingerprint
        unsafe times[place] = now
        unsafe owners[place] = owner | (isPending ? Self.pendingBit : 0)
        unsafe members(key.set)[place] = 1 << UInt64(member)
    }

    /// Microseconds since the datagram came first.
    @_noLocks
    func age(_ entry: WindowEntry, now: UInt32) -> UInt32 { unsafe now &- times(set(entry))[way(entry)] }

    @_noLocks
    func owner(_ entry: WindowEntry) -> UInt32 { unsafe owners(set(entry))[way(entry)] & ~Self.pendingBit }

    /// By which of its owner's links or paths the datagram has come so far, a bit each.
    @_noLocks
    func members(_ entry: WindowEntry) -> UInt64 { unsafe members(set(entry))[way(entry)] }

    @_noLocks
    mutating func add(member: Int, to entry: WindowEntry) {
        unsafe members(set(entry))[way(entry)] |= 1 << UInt64(member)
    }

    /// The datagram's members from now on are another owner's.
    @_noLocks
    mutating func move(_ entry: WindowEntry, to owner: UInt32, member: Int) {
        unsafe owners(set(entry))[way(entry)] = owner
        unsafe members(set(entry))[way(entry)] = 1 << UInt64(member)
    }

    @_noLocks
    private func set(_ entry: WindowEntry) -> Int {
        let set = entry.position / Self.ways
        precondition(set >= 0 && set <= mask)
        return set
    }

    @_noLocks
    private func way(_ entry: WindowEntry) -> Int { entry.position & (Self.ways - 1) }

    @_noLocks
    private func fingerprints(_ set: Int) -> UnsafeMutablePointer<UInt64> {
        unsafe (memory + set * Self.setBytes).assumingMemoryBound(to: UInt64.self)
    }

    @_noLocks
    private func times(_ set: Int) -> UnsafeMutablePointer<UInt32> {
        unsafe (memory + set * Self.setBytes + Self.timesAt).assumingMemoryBound(to: UInt32.self)
    }

    @_noLocks
    private func owners(_ set: Int) -> UnsafeMutablePointer<UInt32> {
        unsafe (memory + set * Self.setBytes + Self.ownersAt).assumingMemoryBound(to: UInt32.self)
    }

    @_noLocks
    private func members(_ set: Int) -> UnsafeMutablePointer<UInt64> {
        unsafe (memory + set * Self.setBytes + Self.membersAt).assumingMemoryBound(to: UInt64.self)
    }
}
