// SPDX-License-Identifier: GPL-2.0-or-later

import CShims.Socket
import Glibc
import Sockets
import Support
import Testing

@testable import DataPlane

/// A relay on an engine whose sockets come and go as a test wants.
final class EngineBench {
    let counters = Counters()
    let mailbox: Mailbox
    private let events: EventRing
    private(set) var reported: [Event] = []
    private let step: (Int64?) -> Void
    private var sockets: [SocketHandle: UDPSocketBox] = [:]

    /// Holds a socket that cannot be copied.
    private final class UDPSocketBox {
        let socket: UDPSocket
        init(_ socket: consuming UDPSocket) { self.socket = socket }
    }

    init<R: Relay & ~Copyable>(
        _ kind: EngineTests.Kind, board: PathStatistics? = nil, _ relay: (Counters) -> R
    ) throws {
        mailbox = try Mailbox()
        events = try EventRing()
        step = try engineStep(kind, mailbox.reader, counters, events.writer, board: board, relay(counters))
    }

    static func client(_ kind: EngineTests.Kind) throws -> EngineBench {
        try EngineBench(kind) { ClientRelay.opaque($0) }
    }

    static func server(_ kind: EngineTests.Kind, _ board: PathStatistics) throws -> EngineBench {
        try EngineBench(kind, board: board) {
            OpaqueServerRelay.seeded($0, board, pathTimeout: 30_000_000_000)
        }
    }

    deinit {
        step(nil)
        counters.deallocate()
    }

    func turn() { turn(waitingAtMost: 20_000_000) }

    func turn(waitingAtMost nanoseconds: Int64) { step(nanoseconds) }

    /// Turns until `isTrue`, but not for ever, and once more: what is counted as sent may leave with the next turn only.
    func turns(until isTrue: () -> Bool) -> Bool {
        let deadline = Monotonic.deadline(seconds: Patience.seconds)
        while !isTrue() {
            guard Monotonic.nanoseconds < deadline else { return false }
            turn()
        }
        turn(waitingAtMost: 0)
        return true
    }

    /// Has the engine serve a descriptor that somebody else keeps open.
    func attach(_ handle: SocketHandle, descriptor: Int32, _ role: Command.Role) {
        mailbox.post(.attach(handle, descriptor: descriptor, role))
        if case .link = role { mailbox.post(.carry(handle, true)) }
        turn()
    }

    /// Opens a socket as the program does and has the engine serve it.
    ///
    /// - Returns: where it is bound.
    @discardableResult
    func open(
        _ slot: UInt16, _ role: Command.Role, generation: UInt16 = 1,
        at local: SocketAddress = address("127.0.0.1", 0),
        connectedTo peer: SocketAddress? = nil
    ) throws -> SocketAddress {
        let socket = try UDPSocket.open(local.kernelFamily == AF_INET ? .v4 : .v6)
        if local.kernelFamily == AF_INET6 && local.ip.isUnspecified { try socket.acceptBothFamilies() }
        try socket.reportDestination()
        socket.enlargeBuffers()
        try socket.bind(to: local)
        if let peer { try socket.connect(to: peer) }
        let bound = socket.localAddress
        let handle = SocketHandle(slot: slot, generation: generation)
        let descriptor = socket.descriptor
        sockets[handle] = UDPSocketBox(socket)
        attach(handle, descriptor: descriptor, role)
        return bound
    }

    func descriptor(_ slot: UInt16, generation: UInt16 = 1) -> Int32 {
        sockets[SocketHandle(slot: slot, generation: generation)]!.socket.descriptor
    }

    func detach(_ slot: UInt16, generation: UInt16 = 1) {
        mailbox.post(.detach(SocketHandle(slot: slot, generation: generation)))
    }

    /// Closes a socket that the engine has let go of.
    func close(_ slot: UInt16, generation: UInt16 = 1) {
        sockets[SocketHandle(slot: slot, generation: generation)] = nil
    }

    func hasReleased(_ slot: UInt16, generation: UInt16 = 1) -> Bool {
        has(.released(SocketHandle(slot: slot, generation: generation)))
    }

    /// Whether an event has been posted.
    func has(_ event: Event) -> Bool {
        while let next = events.next() { reported.append(next) }
        return reported.contains(event)
    }

    /// Opens a link to a peer of its own.
    func openLink(_ slot: UInt16, generation: UInt16 = 1) throws -> Peer {
        let peer = try Peer()
        let link = try open(slot, .link, generation: generation, connectedTo: peer.local)
        try peer.connect(to: link)
        return peer
    }

    /// Opens the listening socket and whoever speaks to it.
    func openListen() throws -> Peer {
        let peer = try Peer()
        try peer.connect(to: try open(0, .listen))
        return peer
    }

    func value(_ field: Counters.Socket, _ slot: UInt16) -> UInt64 { counters.value(field, slot: slot) }

    /// Refused sends of any kind.
    func failures(_ slot: UInt16) -> UInt64 {
        SendFailure.allCases.reduce(0) { $0 + counters.value($1, slot: slot) }
    }
}
