// SPDX-License-Identifier: GPL-2.0-or-later

/// Why an arrived datagram was not forwarded. Each has its counter.
public enum DropReason: Int, Sendable, CaseIterable, BitwiseCopyable {
    /// No link carries traffic.
    case noCarryingLink
    /// WireGuard has not spoken yet, so nobody knows where to answer.
    case wireGuardUnknown
    /// A datagram for WireGuard's side came from an address that is neither this machine nor configured.
    case sourceNotAllowed
    /// It came in on a link that has been taken out.
    case staleSocket
    /// No path is alive, so there is no client to answer; or a silent one has been sent as much as it may.
    case noPath
    /// The path table is full and every path in it is alive.
    case pathTableFull
    /// There is no upstream socket: the server's destination has not been resolved yet.
    case noUpstream
    /// It is not WireGuard's: no header of its, or a size no such message has.
    case notWireGuard
    /// A handshake initiation whose mac1 is not made with WireGuard's public key.
    case wrongMac
    /// A handshake response or cookie for an index that WireGuard has not given.
    case unknownReceiver
    /// As many sources as can wait for WireGuard's answer are waiting.
    case tooManyClaims
    /// A source that WireGuard has not answered yet sent more than it may until then.
    case claimAllowance
    /// As many sessions as there may be are alive.
    case sessionTableFull
    /// The session has as many paths as it may, and all are alive.
    case sessionPathsFull
    /// It is what an opaque server has sent upstream itself, come back; see ``LoopWatch``.
    case ownReturned
    /// The kernel cut it to fit the buffer, or coalesced more datagrams than it should. Cannot happen with 65,535-byte
    /// buffers and datagrams from other machines; counted all the same.
    case truncated

    /// `rawValue`, whose own getter other files may not call from hot code.
    var index: Int { @_noLocks get { rawValue } }
}
