// SPDX-License-Identifier: GPL-2.0-or-later

internal import CShims.Socket
internal import Sockets
internal import WireGuardWire

/// Clients that are silent for longer than their paths live.
///
/// WireGuard keeps a peer's endpoint for ever, and speaks there first when it has something to say. So a client all of
/// whose paths are gone keeps its session, its upstream socket and the addresses it had; what WireGuard says goes there, a
/// little at a time, and the first answer makes paths of them again. A new client takes the place of a silent one.
extension ServerRelay {
    /// The session of the silent client that was last heard at this address, or -1.
    @_noLocks
    func silentSession(of address: SocketAddress) -> Int32 {
        let session = lastKnown.session(of: address)
        return unsafe session >= 0 && sessions[session].pointee.provenMembers == 0 ? session : -1
    }

    /// Whether a path is where its own client was before it fell silent.
    @_noLocks
    func isLastKnownOfSilent(_ path: Int32) -> Bool {
        let silent = unsafe silentSession(of: paths[path].pointee.address)
        return unsafe silent >= 0 && silent == paths[path].pointee.session
    }

    /// A path has brought a datagram with an index that WireGuard gave to its session. If it was a path of this client
    /// before, it is one again: who can name the index has been sent it there.
    @_noLocks
    mutating func revive(_ path: Int32) {
        let member = unsafe paths[path].pointee
        if !member.isProven && lastKnown.session(of: member.address) == member.session {
            confirm(path, of: member.session)
        }
    }

    /// Notes a path that is about to go because it is silent.
    @_noLocks
    mutating func rememberPath(_ path: Int32) {
        let member = unsafe paths[path].pointee
        if member.isProven {
            lastKnown.remember(member, of: member.session, span: sessions.limits.pathTimeoutNanoseconds)
        }
    }

    /// Forgets an address that is a live path now. A silent client that had no other is over with the next turn.
    @_noLocks
    mutating func forgetLastKnown(_ address: SocketAddress) {
        let session = lastKnown.session(of: address)
        if session < 0 { return }
        lastKnown.forget(address)
        sessions.noteChange(of: session)
        if lastKnown.count(session) == 0 { nextExpiry = 0 }
    }

    /// A session has no path left.
    @_noLocks
    mutating func fallAsleep(_ session: Int32) {
        if unsafe sessions[session].pointee.isAsleep { return }
        unsafe sessions[session].pointee.isAsleep = true
        boards.sessions.withdraw(session)
    }

    /// A session has a path again.
    @_noLocks
    mutating func wake(_ session: Int32) {
        guard unsafe sessions[session].pointee.isAsleep else { return }
        unsafe sessions[session].pointee.isAsleep = false
        unsafe boards.sessions.publish(session, sessions[session].pointee)
    }

    /// Whether what WireGuard sends may go to where a silent client was last; else it is counted. Handshakes go in any
    /// case: WireGuard makes few, and answers none that is not authentic.
    @_noLocks
    mutating func mayAskLastKnown(_ session: Int32, _ message: Message, _ now: Int64) -> Bool {
        guard lastKnown.count(session) > 0,
            unsafe isHandshake(message) || sessions[session].pointee.silentAllowance.spend(1, now)
        else {
            counters.add(.noPath, 1)
            return false
        }
        unsafe sessions[session].pointee.lastAsked = now
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
