// SPDX-License-Identifier: GPL-2.0-or-later

internal import Sockets

/// Maintains an ``InterfaceTable`` from netlink messages, and determines the next request. It uses neither sockets nor
/// clocks.
///
/// A dump consists of two requests, for all links and for all addresses. Notifications in between are applied in the
/// order of arrival.
struct NetlinkMirror {
    /// A request to send.
    enum Request: Hashable {
        case links(sequence: UInt32)
        case addresses(sequence: UInt32)
    }

    /// The possible inconsistency of the table.
    enum Doubt: Int, Comparable {
        case none
        /// Something changed during the dump. The kernel fills a part of a dump before it queues it, so a notification
        /// can overtake the part, which then restores the state before the notification.
        case moved
        /// Notifications were lost, or the dump was interrupted.
        case lost

        static func < (a: Doubt, b: Doubt) -> Bool { a.rawValue < b.rawValue }
    }

    private enum Phase { case idle, links, addresses }

    private(set) var table = InterfaceTable()
    /// True after the first complete dump; before that the table is not usable.
    private(set) var isComplete = false
    /// The current doubt. Above `none`, another dump is needed after the current one.
    private(set) var doubt = Doubt.lost
    /// The number of times that notifications were lost.
    private(set) var overruns = 0
    /// The error of the last dump.
    private(set) var failure: Errno?

    private var phase = Phase.idle
    private var sequence: UInt32 = 0
    private var isTorn = false

    /// True while a dump is in progress.
    var isDumping: Bool { phase != .idle }

    /// Begins a dump; none may be in progress.
    mutating func beginDump() -> Request {
        precondition(phase == .idle, "the kernel refuses a second dump on a socket")
        phase = .links
        doubt = .none
        failure = nil
        isTorn = false
        sequence &+= 1
        table.beginDump()
        return .links(sequence: sequence)
    }

    /// Applies an event. Returns a request that must be sent at once, or nil.
    mutating func apply(_ event: LinkEvent) -> Request? {
        switch event.content {
        case .dumpDone where event.sequence == sequence: return advance()
        case .requestFailed(let error) where event.sequence == sequence: fail(error)
        case .dumpInterrupted: isTorn = true
        case .overrun:
            overruns += 1
            doubt = .lost
        case .link, .linkRemoved, .address, .addressRemoved:
            table.apply(event.content, isFromDump: event.isFromDump)
            if isDumping && !event.isFromDump { doubt = max(doubt, .moved) }
        case .routeChanged, .dumpDone, .requestFailed: break
        }
        return nil
    }

    /// Ends the dump with an error.
    mutating func fail(_ error: Errno) {
        guard isDumping else { return }
        phase = .idle
        doubt = .lost
        failure = error
    }

    private mutating func advance() -> Request? {
        switch phase {
        case .idle: return nil
        case .links:
            phase = .addresses
            sequence &+= 1
            return .addresses(sequence: sequence)
        case .addresses:
            phase = .idle
            if isTorn {
                doubt = .lost
            } else {
                table.finishDump()
                isComplete = true
            }
            return nil
        }
    }
}
