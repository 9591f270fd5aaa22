// SPDX-License-Identifier: GPL-2.0-or-later

internal import Sockets

/// What the netlink conversation has told so far, and what to ask next. Pure: it sends nothing and reads no
/// clock.
///
/// A dump is two requests, first all links, then all addresses. Notifications come in between and are applied
/// as they come.
struct NetlinkMirror {
    /// A request the owner is to send now.
    enum Request: Hashable {
        case links(sequence: UInt32)
        case addresses(sequence: UInt32)
    }

    /// How far the table may be from the truth.
    enum Doubt: Int, Comparable {
        case none
        /// Something changed during the dump. The kernel fills a part of a dump before it queues it, so a
        /// notification can overtake it and the part then brings back what the notification took away.
        case moved
        /// Notifications are lost, or the dump itself was torn.
        case lost

        static func < (a: Doubt, b: Doubt) -> Bool { a.rawValue < b.rawValue }
    }

    private enum Phase { case idle, links, addresses }

    private(set) var table = InterfaceTable()
    /// Whether one dump has been taken in whole; before that the table says nothing.
    private(set) var isComplete = false
    /// Above `none`, another dump is due once none is on its way.
    private(set) var doubt = Doubt.lost
    /// How often notifications were lost.
    private(set) var overruns = 0
    /// Why the kernel refused the last dump.
    private(set) var failure: Errno?

    private var phase = Phase.idle
    private var sequence: UInt32 = 0
    private var isTorn = false

    /// Whether answers are still to come.
    var isDumping: Bool { phase != .idle }

    /// Begins a dump; none may be on its way.
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

    /// Takes in an event; a request it returns is to be sent at once.
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

    /// The dump that was begun is over without success.
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
