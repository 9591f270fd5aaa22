// SPDX-License-Identifier: GPL-2.0-or-later

internal import CShims.Socket
internal import Sockets

/// The addresses at which clients were when they fell silent: how WireGuard reaches a client none of whose paths is alive,
/// as a WireGuard of its own would by the endpoint it keeps.
///
/// Only proven paths come in, so nobody is remembered who was not a client. Bounded: so many addresses a session, and an
/// address belongs to the session that had it last.
@safe
struct LastKnownPaths: ~Copyable {
    struct Entry: BitwiseCopyable {
        var address: SocketAddress
        /// The server's address the client last wrote to, from which it is answered.
        var local: engarde_packet_info
        /// Monotonic nanoseconds.
        var lastReceived: Int64

        @_noLocks
        init(_ path: Path) {
            address = path.address
            local = path.local
            lastReceived = path.lastReceived
        }
    }

    private let perSession: Int
    /// `perSession` places for each session, the first ones taken.
    private let entries: UnsafeMutablePointer<Entry>
    private let counts: UnsafeMutablePointer<Int>
    /// Values are places.
    private var buckets: HashBuckets
    /// A secret, so that strangers cannot choose addresses that meet in one bucket.
    private let hashKey = UInt64.random(in: 0...UInt64.max)

    init(sessions: Int, perSession: Int) {
        self.perSession = perSession
        unsafe entries = .allocate(capacity: sessions * perSession)
        unsafe counts = .allocate(capacity: sessions)
        unsafe counts.initialize(repeating: 0, count: sessions)
        buckets = HashBuckets(capacity: sessions * perSession)
    }

    deinit {
        unsafe entries.deallocate()
        unsafe counts.deallocate()
    }

    /// How many addresses of a session are known.
    @_noLocks
    func count(_ session: SessionIndex) -> Int { unsafe counts[session.position] }

    /// Entry number `position` of a session, 0..<``count(_:)``.
    @_noLocks
    func entry(_ session: SessionIndex, _ position: Int) -> Entry {
        precondition(position < count(session))
        return unsafe entries[session.position * perSession + position]
    }

    /// Returns the session that had this address last.
    @_noLocks
    func session(of address: SocketAddress) -> SessionIndex? {
        let place = place(of: address)
        return place < 0 ? nil : SessionIndex(Int32(truncatingIfNeeded: place / perSession))
    }

    /// Notes a path that has fallen silent. Those of its session that fell silent longer than `span` before it are
    /// forgotten: the session went on without them. When there is no room the one that has been silent for longest goes.
    @inline(never)
    @_noLocks
    mutating func remember(_ path: Path, of session: SessionIndex, span: Int64) {
        forget(path.address)
        let base = session.position * perSession
        var position = 0
        var oldest = 0
        while unsafe position < counts[session.position] {
            if unsafe entries[base + position].lastReceived + span < path.lastReceived {
                remove(base + position)  // the last one takes its place
                continue
            }
            if unsafe entries[base + position].lastReceived < entries[base + oldest].lastReceived { oldest = position }
            position += 1
        }
        if position == perSession {
            remove(base + oldest)
            position -= 1
        }
        unsafe entries[base + position] = Entry(path)
        unsafe counts[session.position] = position + 1
        buckets.insert(hash(path.address), Int32(truncatingIfNeeded: base + position))
    }

    /// Forgets an address, whoever had it.
    @_noLocks
    mutating func forget(_ address: SocketAddress) {
        let place = place(of: address)
        if place >= 0 { remove(place) }
    }

    /// Forgets a session's addresses.
    @_noLocks
    mutating func forget(session: SessionIndex) {
        while count(session) > 0 { remove(session.position * perSession + count(session) - 1) }
    }

    @_noLocks
    private func place(of address: SocketAddress) -> Int {
        var bucket = buckets.first(hash(address))
        while buckets.value(at: bucket) >= 0 {
            let place = Int(buckets.value(at: bucket))
            if unsafe entries[place].address == address { return place }
            bucket = buckets.next(bucket)
        }
        return -1
    }

    /// Empties a place. The session's last entry moves there.
    @_noLocks
    private mutating func remove(_ place: Int) {
        let session = place / perSession
        let last = unsafe session * perSession + counts[session] - 1
        unsafe buckets.remove(hash(entries[place].address), Int32(truncatingIfNeeded: place))
        if last != place {
            let moved = unsafe entries[last]
            buckets.remove(hash(moved.address), Int32(truncatingIfNeeded: last))
            unsafe entries[place] = moved
            buckets.insert(hash(moved.address), Int32(truncatingIfNeeded: place))
        }
        unsafe counts[session] -= 1
    }

    @_noLocks
    private func hash(_ address: SocketAddress) -> UInt32 {
        UInt32(truncatingIfNeeded: address.hash64(key: hashKey))
    }
}

/// How much a silent client may be sent: as a full cup that is filled again once a period.
struct SilentAllowance: BitwiseCopyable {
    private var datagrams = 0
    private var since = Int64.min / 2

    @_noLocks
    init() {}

    /// Whether so many more datagrams may go to a silent client now.
    @_noLocks
    mutating func spend(_ count: Int, _ now: Int64) -> Bool {
        if now - since >= Limits.silentPeriodNanoseconds {
            since = now
            datagrams = Limits.silentDatagrams
        }
        if datagrams < count { return false }
        datagrams -= count
        return true
    }
}

extension Limits {
    /// Addresses kept of one client that is silent; as many as it may have paths.
    static var lastKnownPaths: Int { @_noLocks get { 32 } }
    /// Data a silent client may be sent a period, beside handshakes: a WireGuard that has keys asks with data and
    /// repeats a handshake after 5 s (REKEY_TIMEOUT) when nobody answers.
    static var silentDatagrams: Int { @_noLocks get { 16 } }
    static var silentPeriodNanoseconds: Int64 { @_noLocks get { 5_000_000_000 } }
}
