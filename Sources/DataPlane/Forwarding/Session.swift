// SPDX-License-Identifier: GPL-2.0-or-later

/// One WireGuard client as the server knows it: its paths, and the upstream socket by which WireGuard tells it from others.
///
///     provisional ──WireGuard answers──► proven
///          │                                │ its last path falls silent
///          └──nobody answers──► gone ◄──────┘
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
    var isProven = false
    var rank: Rank
    /// The upstream socket it speaks to WireGuard by.
    var slot: UInt16
    /// An upstream socket of a session that was merged into this one, where WireGuard may still answer; or -1.
    var formerSlot: Int32 = -1
    var formerUntil: Int64 = 0
    /// Monotonic nanoseconds.
    var since: Int64
    var lastHeard: Int64
    /// Members, a bit each, and those of them that are proven.
    var members: UInt32 = 0
    var provenMembers: UInt32 = 0
    /// Where the search for a free place among the members begins, so that one that was just freed is taken last.
    var nextOrdinal = 0
    /// The member that opened the session.
    var opener = 0
    /// The receiver index of the data that opened it.
    var claimedReceiver: UInt32 = 0
    var claimsReceiver = false
    /// The sender index of its latest handshake initiation, which WireGuard's response names.
    var initiation: UInt32 = 0
    /// The newest data that came by a proven member.
    var newest = DataPosition()
    /// When a member last joined and how much the session had sent by then: members that have been silent since are
    /// superseded. 0 when there is nothing to check.
    var joinedAt: Int64 = 0
    var uniquesAtJoin: UInt64 = 0
    /// What an unproven session may still forward in this period, and when the period began.
    var allowance = 0
    var allowanceSince = Int64.min / 2

    @_noLocks
    init(id: UInt64, epoch: UInt32, rank: Rank, slot: UInt16, now: Int64) {
        self.id = id
        self.epoch = epoch
        self.rank = rank
        self.slot = slot
        since = now
        lastHeard = now
    }

    var unprovenMembers: UInt32 { @_noLocks get { members & ~provenMembers } }

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
