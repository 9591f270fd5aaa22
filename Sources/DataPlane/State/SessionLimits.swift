// SPDX-License-Identifier: GPL-2.0-or-later

/// What bounds the server's sessions.
public struct SessionLimits: Hashable, Sendable {
    /// Proven sessions at one time, 1...``Limits/sessions``.
    public var maxSessions: Int
    /// Paths of one session, 1...32.
    public var maxPathsPerSession: Int
    /// Paths of all of them together, 1...``Limits/paths``.
    public var maxPaths: Int
    /// Silence after which a path is gone.
    public var pathTimeoutNanoseconds: Int64

    public init(maxSessions: Int, maxPathsPerSession: Int, maxPaths: Int, pathTimeoutNanoseconds: Int64) {
        precondition((1...Limits.sessions).contains(maxSessions) && (1...32).contains(maxPathsPerSession))
        precondition((1...Limits.paths).contains(maxPaths))
        self.maxSessions = maxSessions
        self.maxPathsPerSession = maxPathsPerSession
        self.maxPaths = maxPaths
        self.pathTimeoutNanoseconds = pathTimeoutNanoseconds
    }

    /// Sockets toward WireGuard that this many sessions want: one each, one each that may come to be, and some that
    /// are being replaced.
    public var upstreamSockets: Int { maxSessions + Limits.pendingSessions + Limits.spareUpstreamSockets }

    /// Sessions of both states.
    var tableCapacity: Int { @_noLocks get { maxSessions + Limits.pendingSessions } }
    /// Paths of both.
    var pathCapacity: Int { @_noLocks get { maxPaths + Limits.pendingSessions } }
}

extension Limits {
    /// Sessions at one time; the largest value `maxSessions` may have. With the provisional ones they fit into 12 bits,
    /// see ``SessionTable/tag(_:)``.
    public static var sessions: Int { @_noLocks get { 1024 } }
    /// Sessions that wait for WireGuard's answer at one time: enough for as many clients to come back in the same
    /// round trip, few enough for a flood of forged claims to cost little.
    static var pendingSessions: Int { @_noLocks get { 32 } }
    static var spareUpstreamSockets: Int { @_noLocks get { 16 } }
    /// A claim nobody has answered for this long is over: WireGuard would have answered within milliseconds, and
    /// repeats a handshake after 5 s (REKEY_TIMEOUT).
    static var pendingNanoseconds: Int64 { @_noLocks get { 6_000_000_000 } }
    /// A claim keeps its place for at least this long against others of its weight.
    static var pendingGraceNanoseconds: Int64 { @_noLocks get { 1_000_000_000 } }
    /// Datagrams all claims of a rank together may forward to WireGuard in each period while it does not answer them:
    /// enough for real clients in the round trip it takes, too few to fill WireGuard's socket, which as a rule has
    /// 208 KiB (net.core.rmem_default) and holds ninety full-size datagrams in them.
    static var informedAllowance: Int { @_noLocks get { 32 } }
    static var plainAllowance: Int { @_noLocks get { 16 } }
    static var allowanceNanoseconds: Int64 { @_noLocks get { 5_000_000 } }
    /// How long WireGuard may go on answering on the socket of a session that was merged: until it has heard from the
    /// other one.
    static var formerSocketNanoseconds: Int64 { @_noLocks get { 5_000_000_000 } }
    /// Every datagram crosses every link, so a path that has been silent for this long while its session is heard
    /// makes room for another.
    static var replaceableNanoseconds: Int64 { @_noLocks get { 1_000_000_000 } }
    /// A session is live while it was heard within this: WireGuard answers data with a keep-alive after 10 s
    /// (KEEPALIVE_TIMEOUT), so a client that is silent for longer receives nothing either.
    static var liveNanoseconds: Int64 { @_noLocks get { 12_000_000_000 } }
    /// Proven paths that have been silent for this long cannot confirm another one.
    static var muteNanoseconds: Int64 { @_noLocks get { 250_000_000 } }
    /// A path that has been silent for so long and missed so many datagrams since another one joined is superseded.
    /// Should its link be merely slow, its next copy makes it a path again.
    static var supersedeNanoseconds: Int64 { @_noLocks get { 500_000_000 } }
    static var supersedeDatagrams: UInt32 { @_noLocks get { 16 } }
}
