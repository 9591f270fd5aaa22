// SPDX-License-Identifier: GPL-2.0-or-later

/// Which session a receiver index belongs to, learned from WireGuard's own words: the index it gives in a handshake is
/// what that client's data carries from then on.
///
/// WireGuard keeps three key pairs a peer; the last eight indices of a session are remembered.
@safe
struct ReceiverTable: ~Copyable {
    private static var perSession: Int { @_noLocks get { 8 } }

    private let receivers: UnsafeMutablePointer<UInt32>
    /// How many indices a session has learned so far; its last eight are in the table.
    private let counts: UnsafeMutablePointer<Int>
    /// Values are `session × 8 + place`.
    private var buckets: HashBuckets

    init(sessions: Int) {
        let perSession = Self.perSession
        unsafe receivers = .allocate(capacity: sessions * perSession)
        unsafe counts = .allocate(capacity: sessions)
        unsafe counts.initialize(repeating: 0, count: sessions)
        buckets = HashBuckets(capacity: sessions * perSession)
    }

    deinit {
        unsafe receivers.deallocate()
        unsafe counts.deallocate()
    }

    /// Returns the session that knows this index.
    @_noLocks
    func session(of receiver: UInt32) -> SessionIndex? {
        let place = place(of: receiver)
        return place < 0 ? nil : SessionIndex(place / Int32(truncatingIfNeeded: Self.perSession))
    }

    @_noLocks
    private func place(of receiver: UInt32) -> Int32 {
        var bucket = buckets.first(Self.hash(receiver))
        while buckets.value(at: bucket) >= 0 {
            let place = buckets.value(at: bucket)
            if unsafe receivers[Int(place)] == receiver { return place }
            bucket = buckets.next(bucket)
        }
        return -1
    }

    /// Notes that WireGuard gave this index to this session; the last word counts.
    @_noLocks
    mutating func learn(_ receiver: UInt32, session: SessionIndex) {
        let known = place(of: receiver)
        if known >= 0 {
            if Int(known) / Self.perSession == session.position { return }
            vacate(Int(known))
        }
        let count = unsafe counts[session.position]
        let place = session.position * Self.perSession + count % Self.perSession
        if count >= Self.perSession { vacate(place) }
        unsafe receivers[place] = receiver
        unsafe counts[session.position] = count + 1
        buckets.insert(Self.hash(receiver), Int32(truncatingIfNeeded: place))
    }

    /// Forgets a session's indices.
    @_noLocks
    mutating func forget(session: SessionIndex) {
        for place in 0..<min(unsafe counts[session.position], Self.perSession) {
            vacate(session.position * Self.perSession + place)
        }
        unsafe counts[session.position] = 0
    }

    /// Gives a session's indices to another.
    @_noLocks
    mutating func move(_ source: SessionIndex, to target: SessionIndex) {
        for place in 0..<min(unsafe counts[source.position], Self.perSession) {
            let receiver = unsafe receivers[source.position * Self.perSession + place]
            if session(of: receiver) == source { learn(receiver, session: target) }
        }
        forget(session: source)
    }

    /// Takes what is at a place out of the buckets, if it is there still.
    @_noLocks
    private mutating func vacate(_ index: Int) {
        let receiver = unsafe receivers[index]
        guard place(of: receiver) == Int32(truncatingIfNeeded: index) else { return }
        buckets.remove(Self.hash(receiver), Int32(truncatingIfNeeded: index))
    }

    @_noLocks
    private static func hash(_ receiver: UInt32) -> UInt32 {
        let mixed = (receiver ^ receiver >> 16) &* 0x9e37_79b1
        return mixed ^ mixed >> 15
    }
}
