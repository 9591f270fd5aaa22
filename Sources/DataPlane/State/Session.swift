// SPDX-License-Identifier: GPL-2.0-or-later

/// One WireGuard client as the server knows it: its paths, and the upstream socket by which WireGuard tells it from others.
///
///     provisional ──WireGuard answers──► proven
///          │                              │    ▲
///          │       its last path is silent│    │its client speaks
///          │                              ▼    │
///          └──nobody answers──► gone ◄── asleep
///                                another needs its place
struct Session: BitwiseCopyable {
    /// Why a source may claim to be a client, weightiest last; the weightier claim has the right of way.
    enum Rank: UInt8, BitwiseCopyable {
        /// Data for an index WireGuard has not been heard to give, or a handshake nobody has checked.
        case plain
        /// Data for an index WireGuard has given, or a handshake whose mac1 proves knowledge of the server's key.
        case informed

        @_noLocks
        func isBelow(_ other: Rank) -> Bool {
            switch (self, other) {
            case (.plain, .informed): true
            default: false
            }
        }
    }

    /// Never given twice.
    var id: UInt64
    /// Tells this session from others that had its place in the table.
    var epoch: UInt32
    var isValidated = false
    var rank: Rank
    /// The upstream socket it speaks to WireGuard by.
    var slot: UInt16
    /// An upstream socket of a session that was merged into this one, where WireGuard may still answer.
    var formerSlot: UInt16?
    var formerUntil: Int64 = 0
    /// Monotonic nanoseconds.
    var since: Int64
    var lastReceived: Int64
    /// Members, a bit each, and those of them that are proven.
    var members: UInt32 = 0
    var validatedMembers: UInt32 = 0
    /// Another one whenever a bit comes to stand for another path, or its silent client's addresses change.
    var membersVersion: UInt32 = 0
    /// Where the search for a free place among the members begins, so that one that was just freed is taken last.
    var nextOrdinal = 0
    /// The member that opened the session; -1 when it is gone.
    var opener = -1
    /// The receiver index of the data it forwarded last while it was not proven.
    var pendingReceiver: UInt32 = 0
    var hasPendingReceiver = false
    /// The sender index of its latest handshake initiation, which WireGuard's response names.
    var initiation: UInt32 = 0
    /// The last indices by which WireGuard named this client, newest first; see ``isNamed(_:)``.
    private var names: (UInt32, UInt32, UInt32, UInt32) = (0, 0, 0, 0)
    private var nameCount = 0
    /// When a member last joined, while there may be others that it supersedes; else 0.
    var joinedAt: Int64 = 0
    /// It has no path, but WireGuard may still speak to where its client was last; see ``LastKnownPaths``.
    var isAsleep = false
    /// When WireGuard last had something to say to it while it had no proven path.
    var lastAsked: Int64 = 0
    var silentAllowance = SilentAllowance()

    @_noLocks
    init(id: UInt64, epoch: UInt32, rank: Rank, slot: UInt16, now: Int64) {
        self.id = id
        self.epoch = epoch
        self.rank = rank
        self.slot = slot
        since = now
        lastReceived = now
    }

    var pendingMembers: UInt32 { @_noLocks get { members & ~validatedMembers } }

    /// Notes which receiver index its data names while it is pending.
    @_noLocks
    mutating func notePending(receiver: UInt32) {
        hasPendingReceiver = true
        pendingReceiver = receiver
    }

    /// Notes by which index WireGuard named this client. It keeps three key pairs a peer.
    @_noLocks
    mutating func note(name: UInt32) {
        if isNamed(name) { return }
        names = (name, names.0, names.1, names.2)
        nameCount = min(nameCount + 1, 4)
    }

    /// Whether WireGuard has lately named this client by that index.
    @_noLocks
    func isNamed(_ name: UInt32) -> Bool {
        nameCount > 0 && names.0 == name || nameCount > 1 && names.1 == name || nameCount > 2 && names.2 == name
            || nameCount > 3 && names.3 == name
    }

    /// A place for a new member; there must be one among the first `limit`.
    @_noLocks
    mutating func takeOrdinal(limit: Int) -> Int {
        var ordinal = nextOrdinal
        while ordinal >= limit || members & 1 << UInt32(ordinal) != 0 { ordinal = ordinal + 1 < limit ? ordinal + 1 : 0 }
        members |= 1 << UInt32(ordinal)
        nextOrdinal = ordinal + 1
        return ordinal
    }
}
