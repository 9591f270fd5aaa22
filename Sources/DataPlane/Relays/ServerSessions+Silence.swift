// SPDX-License-Identifier: GPL-2.0-or-later

internal import CShims.Socket
internal import Sockets
internal import WireGuardWire

/// Clients that are silent for longer than their paths live.
///
/// WireGuard keeps a peer's endpoint for ever, and sends there first when it has something to send. So a client all of
/// whose paths are gone keeps its session, its upstream socket and the addresses it had; what WireGuard sends goes there, a
/// little at a time, and the first answer makes paths of them again. A new client takes the place of a silent one.
extension ServerSessions {
    /// Returns the session of the silent client that was last at this address.
    @_noLocks
    func silentSession(of address: SocketAddress) -> SessionIndex? {
        guard let session = lastKnown.session(of: address), table[session].validatedMembers == 0 else { return nil }
        return session
    }

    /// Whether a path is where its own client was before it fell silent.
    @_noLocks
    func isLastKnownOfSilent(_ path: PathIndex) -> Bool {
        guard let silent = silentSession(of: paths[path].address) else { return false }
        return paths[path].session == silent
    }

    /// Notes that a path has brought a datagram with an index that WireGuard gave to its session. If it was a path of this
    /// client before, it is one again: whoever can name the index has been sent it there.
    @_noLocks
    mutating func revive(_ path: PathIndex) {
        guard let session = paths[path].session, !paths[path].isValidated else { return }
        if lastKnown.session(of: paths[path].address) == session { validate(path, of: session) }
    }

    /// Notes a path that is about to go because it is silent.
    @_noLocks
    mutating func rememberPath(_ path: PathIndex) {
        guard let session = paths[path].session, paths[path].isValidated else { return }
        lastKnown.remember(paths[path], of: session, span: table.limits.pathTimeoutNanoseconds)
    }

    /// Forgets an address that is a live path now. A silent client that had no other is over with the next turn.
    @_noLocks
    mutating func forgetLastKnown(_ address: SocketAddress) {
        guard let session = lastKnown.session(of: address) else { return }
        lastKnown.forget(address)
        table.noteChange(of: session)
        if lastKnown.count(session) == 0 { nextExpiry = 0 }
    }

    /// Notes that a session has no path left.
    @_noLocks
    mutating func fallAsleep(_ session: SessionIndex) {
        if table[session].isAsleep { return }
        table[session].isAsleep = true
        statistics.sessions.withdraw(session)
    }

    /// Notes that a session has a path again.
    @_noLocks
    mutating func wake(_ session: SessionIndex) {
        guard table[session].isAsleep else { return }
        table[session].isAsleep = false
        statistics.sessions.publish(session, table[session])
    }

    /// Whether what WireGuard sends may go to where a silent client was last; else it is counted. Handshakes go in any
    /// case: WireGuard makes few, and answers none that is not authentic.
    @_noLocks
    mutating func mayAskLastKnown(_ session: SessionIndex, _ message: Message, _ now: Int64) -> Bool {
        guard lastKnown.count(session) > 0,
            isHandshake(message) || table[session].silentAllowance.spend(1, now)
        else {
            counters.add(.noPath, 1)
            return false
        }
        table[session].lastAsked = now
        return true
    }

    @_noLocks
    private func isHandshake(_ message: Message) -> Bool {
        switch message.kind {
        case .initiation, .response: true
        case .cookieReply, .data, .foreign: false
        }
    }
}
