// SPDX-License-Identifier: GPL-2.0-or-later

internal import DataPlane
internal import Glibc
internal import Links
internal import Quality
internal import Sockets
internal import Status

/// What the client's control side keeps of an interface.
struct Link {
    enum State: Equatable, CustomStringConvertible {
        case carrying(CandidatePair)
        case idle(IdleReason)
        case excluded(ExclusionCause)
        case failed(Errno)
        /// As many links carry as can.
        case tooMany
        case gone

        var description: String {
            switch self {
            case .carrying(let pair): "carries, \(pair)"
            case .idle, .failed, .tooMany: "idle, \(reason)"
            case .excluded, .gone: reason
            }
        }

        /// The cause of the state, in words that do not repeat it; empty while the link carries.
        var reason: String {
            switch self {
            case .carrying: ""
            case .idle(let reason): "\(reason)"
            case .excluded(let cause): "\(cause)"
            case .failed(let errno):
                "cannot open its socket: \(errno)"
                    + (errno.rawValue == EPERM ? "; before Linux 5.7 binding to a device wants CAP_NET_RAW" : "")
            case .tooMany: LinkPlaces.words
            case .gone: "gone"
            }
        }

        /// Whether it says something about a link rather than about an interface that never could be one.
        var isNews: Bool {
            switch self {
            case .idle(.loopback), .idle(.tunnel), .excluded, .gone: false
            default: true
            }
        }
    }

    var name: String
    var state: State?
    var socket: ServedSocket?
    /// The address the socket is bound to, and the one it is connected to.
    var pair: CandidatePair?
    /// Which pair to use, and what to try when nothing comes back.
    var selection = CandidateSelection()
    var isCarrying = false
    /// What the data plane was last told of the socket: bytes that leave in one piece.
    var fit: (socket: SocketHandle, bytes: Int32)?
    /// When it last began to carry, monotonic nanoseconds.
    var joined: Int64 = 0
    /// Datagrams sent over all links by then that want an answer.
    var expectedRepliesWhenJoined: UInt64 = 0
    /// When something last came over sockets of this link that are closed since; 0 for never.
    var lastReceivedBefore: Int64 = 0
    /// When it began to wait for a place among the links that carry, see ``LinkPlaces``.
    var waitingSince: Int64 = 0
    /// What keeps the link from being of use although it carries, and how to change it; empty for nothing.
    var warning = ""
    var meter: Meter
    /// The ``alarm`` people were last told of.
    var toldState: CarryingState?
    /// What it was last found to be, and since when (monotonic nanoseconds).
    var carryingState: CarryingState?
    var carryingStateSince: Int64

    /// - Parameter now: monotonic nanoseconds.
    init(name: String, now: Int64) {
        self.name = name
        meter = Meter(.client, now: now)
        carryingStateSince = now
    }

    /// What it is good for now, and why.
    var judgement: (state: CarryingState, reason: String) {
        switch state {
        case .carrying: (meter.state, meter.reason)
        case .excluded(let cause): (.excluded, "\(cause)")
        case nil: (.idle, "")
        case .some(let other): (.idle, other.reason)
        }
    }

    /// What people are told of: its state, but not each step of a recovery.
    var alarm: CarryingState { if case .carrying = state { meter.alarm } else { judgement.state } }

    /// Its socket could not be opened: another try may have more luck.
    var isWaitingForSocket: Bool { if case .failed = state { true } else { false } }
}

extension IdleReason {
    /// Whether the socket keeps its use when this is over.
    var mayPass: Bool {
        switch self {
        case .down, .noCarrier, .noRoute, .noAddressOfDestinationFamily, .unresolved: true
        default: false
        }
    }
}
