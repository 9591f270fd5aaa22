// SPDX-License-Identifier: GPL-2.0-or-later

/// The live sessions, their members, and the upstream sockets that wait for one. Bounded by what ``init(limits:)`` is
/// told; knows nothing of datagrams.
@safe
struct SessionTable: ~Copyable {
    let limits: SessionLimits
    /// Live sessions are the first so many of `order`, the proven ones before the provisional ones.
    private(set) var count = 0
    private(set) var validatedCount = 0
    private let sessions: UnsafeMutablePointer<Session>
    private let order: UnsafeMutablePointer<SessionIndex>
    private let positions: UnsafeMutablePointer<Int32>
    private let epochs: UnsafeMutablePointer<UInt32>
    /// 32 a session.
    private let members: UnsafeMutablePointer<PathIndex>
    /// The session that has a slot's socket.
    private let owners: UnsafeMutablePointer<SessionIndex?>
    /// Slots of upstream sockets nobody has: a ring, the one that has been free for longest first.
    private let freeSlots: UnsafeMutablePointer<UInt16>
    private var firstFree = 0
    private(set) var freeSlotCount = 0
    /// Whether WireGuard has spoken to a session on a slot's socket.
    private let answered: UnsafeMutablePointer<Bool>
    private var lastID: UInt64 = 0
    /// Changes of all sessions' members so far.
    private var changes: UInt32 = 0

    init(limits: SessionLimits) {
        self.limits = limits
        let capacity = limits.tableCapacity
        unsafe sessions = .allocate(capacity: capacity)
        unsafe order = .allocate(capacity: capacity)
        unsafe positions = .allocate(capacity: capacity)
        unsafe epochs = .allocate(capacity: capacity)
        unsafe epochs.initialize(repeating: 0, count: capacity)
        unsafe members = .allocate(capacity: capacity * 32)
        unsafe owners = .allocate(capacity: Limits.socketSlots)
        unsafe owners.initialize(repeating: nil, count: Limits.socketSlots)
        unsafe freeSlots = .allocate(capacity: Limits.socketSlots)
        unsafe answered = .allocate(capacity: Limits.socketSlots)
        unsafe answered.initialize(repeating: false, count: Limits.socketSlots)
        for index in 0..<capacity {
            unsafe (order + index).initialize(to: SessionIndex(Int32(index)))
            unsafe (positions + index).initialize(to: Int32(index))
        }
    }

    deinit {
        unsafe sessions.deallocate()
        unsafe order.deallocate()
        unsafe positions.deallocate()
        unsafe epochs.deallocate()
        unsafe members.deallocate()
        unsafe owners.deallocate()
        unsafe freeSlots.deallocate()
        unsafe answered.deallocate()
    }

    /// A session in place.
    subscript(index: SessionIndex) -> Session {
        @_noLocks @inline(__always) unsafeAddress {
            precondition(index.position >= 0 && index.position < limits.tableCapacity)
            return unsafe UnsafePointer(sessions + index.position)
        }
        @_noLocks @inline(__always) unsafeMutableAddress {
            precondition(index.position >= 0 && index.position < limits.tableCapacity)
            return unsafe sessions + index.position
        }
    }

    /// Returns live session number `position`, 0..<``count``; the first ``validatedCount`` are the validated ones.
    @_noLocks
    func live(_ position: Int) -> SessionIndex {
        precondition(position >= 0 && position < count)
        return unsafe order[position]
    }

    var pendingCount: Int { @_noLocks get { count - validatedCount } }

    // MARK: Names for the duplicate window

    /// What the duplicate window knows a session by: its place in 12 bits and its epoch in 19.
    @_noLocks
    func tag(_ index: SessionIndex) -> UInt32 {
        UInt32(truncatingIfNeeded: index.raw) | self[index].epoch << 12
    }

    /// Returns the session a tag stands for, unless it is gone.
    @inline(__always)
    @_noLocks
    func session(tagged tag: UInt32) -> SessionIndex? {
        let index = SessionIndex(Int32(truncatingIfNeeded: tag & 0xfff))
        guard index.position < limits.tableCapacity, unsafe Int(positions[index.position]) < count,
            unsafe order[Int(positions[index.position])] == index, self.tag(index) == tag
        else { return nil }
        return index
    }

    // MARK: Sessions

    /// Opens a provisional session with an upstream socket of its own. There must be a free place and a free socket.
    @_noLocks
    mutating func open(_ rank: Session.Rank, now: Int64) -> SessionIndex {
        let index = unsafe order[count]
        unsafe positions[index.position] = Int32(truncatingIfNeeded: count)
        count += 1
        lastID += 1
        unsafe epochs[index.position] = (epochs[index.position] &+ 1) & 0x7_ffff
        let slot = unsafe freeSlots[firstFree]
        firstFree = Self.place(firstFree + 1)
        freeSlotCount -= 1
        unsafe owners[Int(slot)] = index
        self[index] = unsafe Session(
            id: lastID, epoch: epochs[index.position], rank: rank, slot: slot, now: now)
        return index
    }

    /// Notes WireGuard's proof.
    @_noLocks
    mutating func validate(_ index: SessionIndex) {
        self[index].isValidated = true
        unsafe swap(Int(positions[index.position]), validatedCount)
        validatedCount += 1
    }

    /// Closes a session that has no members. Its sockets are the caller's to free or to retire.
    @_noLocks
    mutating func close(_ index: SessionIndex) {
        if self[index].isValidated {
            validatedCount -= 1
            unsafe swap(Int(positions[index.position]), validatedCount)
        }
        count -= 1
        unsafe swap(Int(positions[index.position]), count)
    }

    /// Lets two sessions change places in `order`.
    @_noLocks
    private mutating func swap(_ one: Int, _ other: Int) {
        let (first, second) = unsafe (order[one], order[other])
        unsafe order[one] = second
        unsafe order[other] = first
        unsafe positions[second.position] = Int32(truncatingIfNeeded: one)
        unsafe positions[first.position] = Int32(truncatingIfNeeded: other)
    }

    // MARK: Members

    @_noLocks
    func member(_ index: SessionIndex, _ ordinal: Int) -> PathIndex { unsafe members[index.position * 32 + ordinal] }

    /// Takes a path in. Returns its ordinal; there must be room.
    @_noLocks
    mutating func add(_ path: PathIndex, to index: SessionIndex) -> Int {
        let ordinal = self[index].takeOrdinal(limit: limits.maxPathsPerSession)
        unsafe members[index.position * 32 + ordinal] = path
        noteChange(of: index)
        return ordinal
    }

    @_noLocks
    mutating func remove(ordinal: Int, from index: SessionIndex) {
        self[index].members &= ~(1 << UInt32(ordinal))
        self[index].validatedMembers &= ~(1 << UInt32(ordinal))
        // Whoever has its place next has not opened the session.
        if self[index].opener == ordinal { self[index].opener = -1 }
    }

    /// Notes that what a session's datagrams go to has changed.
    @_noLocks
    mutating func noteChange(of index: SessionIndex) {
        changes &+= 1
        self[index].membersVersion = changes
    }

    /// How many paths it may still take in.
    @_noLocks
    func roomLeft(_ index: SessionIndex) -> Int {
        unsafe limits.maxPathsPerSession - sessions[index.position].members.nonzeroBitCount
    }

    // MARK: Upstream sockets

    /// Returns the session that what WireGuard sends to this socket is for.
    @_noLocks
    func owner(ofSlot slot: UInt16) -> SessionIndex? { unsafe owners[Int(slot)] }

    @_noLocks
    mutating func move(slot: UInt16, to index: SessionIndex) { unsafe owners[Int(slot)] = index }

    /// Notes that WireGuard has spoken to a session on this socket.
    @_noLocks
    mutating func noteAnswer(onSlot slot: UInt16) { unsafe answered[Int(slot)] = true }

    @_noLocks
    func isAnswered(slot: UInt16) -> Bool { unsafe answered[Int(slot)] }

    /// A socket that WireGuard has never answered on may serve another session. It is taken last: WireGuard may be
    /// about to answer its former one.
    @_noLocks
    mutating func free(slot: UInt16) {
        unsafe owners[Int(slot)] = nil
        unsafe answered[Int(slot)] = false
        unsafe freeSlots[Self.place(firstFree + freeSlotCount)] = slot
        freeSlotCount += 1
    }

    /// Free slot number `position`, 0..<``freeSlotCount``.
    @_noLocks
    func freeSlot(_ position: Int) -> UInt16 { unsafe freeSlots[Self.place(firstFree + position)] }

    @_noLocks
    private static func place(_ place: Int) -> Int { place < Limits.socketSlots ? place : place - Limits.socketSlots }

    /// A socket has been taken away: nobody has it from now on, and it is not free either.
    @_noLocks
    mutating func disown(slot: UInt16) {
        unsafe owners[Int(slot)] = nil
        var kept = 0
        for position in 0..<freeSlotCount {
            let other = freeSlot(position)
            if other == slot { continue }
            unsafe freeSlots[Self.place(firstFree + kept)] = other
            kept += 1
        }
        freeSlotCount = kept
    }
}
