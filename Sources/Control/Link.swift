// SPDX-License-Identifier: GPL-2.0-or-later

internal import Glibc
internal import Links
internal import Quality
internal import Sockets
internal import Status

/// What the client's control side keeps of an interface.
struct Link {
    enum State: Equatable, CustomStringConvertible {
        case carrying(IPAddress, SocketAddress)
        case idle(IdleReason)
        case excluded(ExclusionCause)
        case failed(Errno)
        case tooMany
        case addressChanged
        case gone

        var description: String {
            switch self {
            case .carrying(let source, let destination): "carries, from \(source) to \(destination)"
            case .idle(let reason): "idle, \(reason)"
            case .excluded(let cause): "\(cause)"
            case .failed(let errno):
                "idle, cannot open its socket: \(errno)"
                    + (errno.rawValue == EPERM ? "; before Linux 5.7 binding to a device wants CAP_NET_RAW" : "")
            case .tooMany: "idle, there are too many links"
            case .addressChanged: "its address has changed"
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
    /// The address the socket is bound to.
    var source: IPAddress?
    var destination = SocketAddress()
    var isCarrying = false
    /// When it last began to carry, monotonic nanoseconds.
    var joined: Int64 = 0
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
        case .idle(let reason): (.idle, "\(reason)")
        case .some(let other): (.idle, "\(other)")
        }
    }

    /// What people are told of: its state, but not each step of a recovery.
    var alarm: CarryingState { if case .carrying = state { meter.alarm } else { judgement.state } }

    /// Its socket could not be opened, most likely for want of a route: a new route is worth another try.
    var isWaitingForRoute: Bool { if case .failed = state { true } else { false } }
}

extension IdleReason {
    /// Whether the socket keeps its use when this is over.
    var mayPass: Bool { self == .down || self == .noCarrier }
}
