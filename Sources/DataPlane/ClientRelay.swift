// SPDX-License-Identifier: GPL-2.0-or-later

internal import CShims.Socket
internal import Sockets
internal import WireGuardWire

/// The client's decisions: WireGuard's datagrams go to every carrying link, and what the links bring goes to WireGuard
/// once.
///
///     WireGuard ──uplink──► every carrying link
///     WireGuard ◄─downlink─ window ◄─ any link
struct ClientRelay: ~Copyable, Relay {
    private let counters: Counters
    private let sources: AcceptedSources
    private var tenants = Tenants()
    private var links = LinkSet()
    private var window: DuplicateWindow
    /// Members are links by slot; stream 0 is what the server sends.
    private let copies: CopyBoard
    /// Where WireGuard is told of, as the one path there is.
    private let board: PathBoard
    private let isOpaque: Bool
    private var listenSlot: UInt16 = 0
    /// Where WireGuard last spoke from, and the address of ours it spoke to.
    private var wireGuard = SocketAddress()
    private var wireGuardLocal = engarde_packet_info()

    /// - Parameters:
    ///   - counters: where dropped datagrams are counted.
    ///   - copies: where it is told what copies tell.
    ///   - board: where it is told where WireGuard is, as the only path on it.
    ///   - isOpaque: the traffic is not WireGuard's: everything is forwarded and no copy recognised.
    ///   - allowedSources: networks besides this machine that WireGuard may speak from.
    ///   - random: where the duplicate window's secret comes from.
    init(
        counters: Counters, copies: CopyBoard, board: PathBoard, isOpaque: Bool, allowedSources: [AddressPrefix] = [],
        random: inout some RandomNumberGenerator
    ) {
        self.counters = counters
        self.copies = copies
        self.board = board
        self.isOpaque = isOpaque
        window = DuplicateWindow(entries: Limits.clientWindowEntries, random: &random)
        sources = AcceptedSources(prefixes: allowedSources)
    }

    @_noLocks
    mutating func decide(_ batch: inout Batch, now: Int64) -> Bool {
        while batch.cursor < batch.arrivalCount {
            let arrival = unsafe batch.arrivals[batch.cursor]
            guard batch.hasRoom(segments: arrival.segmentCount, targets: max(1, links.count)) else { return false }
            batch.cursor += 1
            switch tenants.role(of: arrival.socket) {
            case .listen: sendToLinks(arrival, &batch, now)
            case .link: sendToWireGuard(arrival, &batch, now)
            default: counters.add(.staleSocket, arrival.segmentCount)
            }
        }
        return true
    }

    @_noLocks
    private mutating func sendToLinks(_ arrival: Arrival, _ batch: inout Batch, _ now: Int64) {
        if arrival.source != wireGuard {
            guard sources.accepts(arrival.source, sentTo: arrival.local) else {
                return counters.add(.sourceNotAllowed, arrival.segmentCount)
            }
            wireGuard = arrival.source
            board.publish(0, wireGuard, since: now)
            batch.endRun(.downlink)
        }
        counters.heard(listenSlot, at: now)
        wireGuardLocal = arrival.local
        guard links.count > 0 else { return counters.add(.noCarryingLink, arrival.segmentCount) }
        if arrival.segmentSize > Message.keepAliveLength { counters.add(.questions, arrival.segmentCount) }
        for index in 0..<arrival.segmentCount {
            let slice = unsafe arrival.slice(index)
            if unsafe !isOpaque && isForeign(Message(slice.iov_base, length: slice.iov_len)) { continue }
            guard case .began(let run) = unsafe batch.place(slice, .uplink) else { continue }
            for link in 0..<links.count { batch.append(Departure(run: run, slot: links[link])) }
        }
    }

    @_noLocks
    private mutating func sendToWireGuard(_ arrival: Arrival, _ batch: inout Batch, _ now: Int64) {
        var isHeard = false
        for index in 0..<arrival.segmentCount {
            let slice = unsafe arrival.slice(index)
            if !isOpaque {
                let message = unsafe Message(slice.iov_base, length: slice.iov_len)
                if isForeign(message) { continue }
                isHeard = true
                if unsafe isCopy(message, slice, Int(arrival.socket.slot), now) { continue }
            }
            isHeard = true
            guard wireGuard.kernelFamily != 0 else {
                counters.add(.wireGuardUnknown, 1)
                continue
            }
            guard case .began(let run) = unsafe batch.place(slice, .downlink) else { continue }
            batch.append(
                Departure(run: run, slot: listenSlot, path: -1, destination: wireGuard, local: wireGuardLocal))
        }
        if isHeard { counters.heard(arrival.socket.slot, at: now) }
    }

    @_noLocks
    private func isForeign(_ message: Message) -> Bool {
        guard case .foreign = message.kind else { return false }
        counters.add(.notWireGuard, 1)
        return true
    }

    /// Whether this has been forwarded already; notes which link brought it, and how late.
    @_noLocks
    private mutating func isCopy(_ message: Message, _ slice: iovec, _ link: Int, _ now: Int64) -> Bool {
        let moment = Moment(now)
        let key = unsafe window.key(message, slice.iov_base, slice.iov_len)
        let entry = window.find(key, now: moment.microseconds)
        if entry < 0 {
            window.insert(key, now: moment.microseconds, owner: 0, member: link, isClaim: false)
            copies.first(link, stream: 0, second: moment.second)
            return false
        }
        // The network may double a datagram: the link has brought it all the same, once.
        if window.members(entry) & 1 << UInt64(link) == 0 {
            window.add(member: link, to: entry)
            let age = window.age(entry, now: moment.microseconds)
            copies.later(link, stream: 0, second: Moment(now - Int64(age) * 1000).second, delay: age)
        }
        return true
    }

    @_noLocks
    mutating func obey(_ command: Command) {
        switch command {
        case .attach(let socket, descriptor: _, let role):
            tenants.attach(socket, as: role)
            if case .listen = role { listenSlot = socket.slot }
            if case .link = role {
                precondition(socket.slot < UInt16(truncatingIfNeeded: Limits.clientSocketSlots))
                copies.begin(Int(socket.slot), stream: 0)
            }
        case .carry(let socket, let carries):
            guard case .link = tenants.role(of: socket) else { return }
            if carries { links.insert(socket.slot) } else { links.remove(socket.slot) }
        case .detach(let socket):
            guard case .some = tenants.role(of: socket) else { return }
            tenants.detach(socket)
            links.remove(socket.slot)
        case .fit, .stop: break
        }
    }

    var deadline: Int64 { @_noLocks get { .max } }

    @_noLocks
    mutating func expire(now: Int64) {}
}
