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
    private var sockets = SocketTable()
    /// The links that carry, a bit each by their slot.
    private var links: UInt64 = 0
    private var window: DuplicateWindow
    /// Members are links by slot; stream 0 is what the server sends.
    private let copies: DuplicateStatistics
    /// Where WireGuard is told of, as the one path there is.
    private let statistics: PathStatistics
    private let isOpaque: Bool
    private var listenSlot: UInt16 = 0
    /// Where WireGuard last spoke from, and the address of ours it spoke to.
    private var wireGuard = SocketAddress()
    private var wireGuardLocal = engarde_packet_info()
    /// Counts the changes of its address.
    private var wireGuardVersion: UInt32 = 0
    private static var linkGroup: Int32 { @_noLocks get { 0 } }
    private static var wireGuardGroup: Int32 { @_noLocks get { 1 } }

    /// - Parameters:
    ///   - counters: where dropped datagrams are counted.
    ///   - copies: where copies are counted.
    ///   - statistics: where WireGuard's address is published, as the only path.
    ///   - isOpaque: the traffic is not WireGuard's: everything is forwarded and no copy recognised.
    ///   - allowedSources: networks besides this machine that WireGuard may speak from.
    ///   - random: where the duplicate window's secret comes from.
    init(
        counters: Counters, copies: DuplicateStatistics, statistics: PathStatistics, isOpaque: Bool, allowedSources: [AddressPrefix] = [],
        random: inout some RandomNumberGenerator
    ) {
        self.counters = counters
        self.copies = copies
        self.statistics = statistics
        self.isOpaque = isOpaque
        window = DuplicateWindow(entries: Limits.clientWindowEntries, random: &random)
        sources = AcceptedSources(prefixes: allowedSources)
    }

    @_noLocks
    mutating func decide(_ packet: ReceivedPacket, into queue: inout TransmitQueue, now: Int64) -> Bool {
        guard queue.hasRoom(for: packet, targets: max(1, links.nonzeroBitCount)) else { return false }
        switch sockets.role(of: packet.socket) {
        case .listen: sendToLinks(packet, &queue, now)
        case .link: sendToWireGuard(packet, &queue, now)
        default: counters.add(.staleSocket, packet.segmentCount)
        }
        return true
    }

    @_noLocks
    private mutating func sendToLinks(_ packet: ReceivedPacket, _ queue: inout TransmitQueue, _ now: Int64) {
        if packet.source != wireGuard {
            guard sources.accepts(packet.source, sentTo: packet.local) else {
                return counters.add(.sourceNotAllowed, packet.segmentCount)
            }
            wireGuard = packet.source
            wireGuardVersion &+= 1
            statistics.publish(PathIndex(0), wireGuard, since: now)
        }
        counters.noteReceived(listenSlot, at: now)
        wireGuardLocal = packet.local
        let targets = TargetSet(group: Self.linkGroup, bits: links)
        guard targets.bits != 0 else { return counters.add(.noCarryingLink, packet.segmentCount) }
        if packet.segmentSize > Message.keepAliveLength { counters.add(.expectedReplies, packet.segmentCount) }
        for index in 0..<packet.segmentCount {
            let segment = unsafe packet.segment(index)
            if unsafe !isOpaque && isForeign(Message(segment.iov_base, length: segment.iov_len)) { continue }
            guard let run = unsafe queue.append(segment, to: targets) else { continue }
            var rest = targets.bits
            while rest != 0 {
                queue.append(Transmit(run: run, slot: UInt16(truncatingIfNeeded: rest.trailingZeroBitCount)))
                rest &= rest - 1
            }
        }
    }

    @_noLocks
    private mutating func sendToWireGuard(_ packet: ReceivedPacket, _ queue: inout TransmitQueue, _ now: Int64) {
        let targets = TargetSet(group: Self.wireGuardGroup, version: wireGuardVersion)
        var isReceived = false
        for index in 0..<packet.segmentCount {
            let segment = unsafe packet.segment(index)
            if !isOpaque {
                let message = unsafe Message(segment.iov_base, length: segment.iov_len)
                if isForeign(message) { continue }
                isReceived = true
                if unsafe isCopy(message, segment, Int(packet.socket.slot), now) { continue }
            }
            isReceived = true
            guard wireGuard.kernelFamily != 0 else {
                counters.add(.wireGuardUnknown, 1)
                continue
            }
            guard let run = unsafe queue.append(segment, to: targets) else { continue }
            queue.append(Transmit(run: run, slot: listenSlot, to: wireGuard, from: wireGuardLocal))
        }
        if isReceived { counters.noteReceived(packet.socket.slot, at: now) }
    }

    @_noLocks
    private func isForeign(_ message: Message) -> Bool {
        guard case .foreign = message.kind else { return false }
        counters.add(.notWireGuard, 1)
        return true
    }

    /// Whether this has been forwarded already; notes which link brought it, and how late.
    @_noLocks
    private mutating func isCopy(_ message: Message, _ segment: iovec, _ link: Int, _ now: Int64) -> Bool {
        let timestamp = Timestamp(now)
        let key = unsafe window.key(message, segment.iov_base, segment.iov_len)
        guard let entry = window.find(key, now: timestamp.microseconds) else {
            window.insert(key, now: timestamp.microseconds, owner: 0, member: link, isPending: false)
            copies.first(link, stream: 0, second: timestamp.second)
            return false
        }
        // The network may double a datagram: the link has brought it all the same, once.
        if window.members(entry) & 1 << UInt64(link) == 0 {
            window.add(member: link, to: entry)
            let age = window.age(entry, now: timestamp.microseconds)
            copies.later(link, stream: 0, second: Timestamp(now - Int64(age) * 1000).second, delay: age)
        }
        return true
    }

    @_noLocks
    mutating func apply(_ command: Command) {
        switch command {
        case .attach(let socket, descriptor: _, let role):
            sockets.attach(socket, as: role)
            if case .listen = role { listenSlot = socket.slot }
            if case .link = role {
                precondition(socket.slot < UInt16(truncatingIfNeeded: Limits.clientSocketSlots))
                copies.begin(Int(socket.slot), stream: 0)
            }
        case .carry(let socket, let carries):
            guard case .link = sockets.role(of: socket) else { return }
            let bit: UInt64 = 1 << UInt64(socket.slot)
            links = carries ? links | bit : links & ~bit
        case .detach(let socket):
            guard case .some = sockets.role(of: socket) else { return }
            sockets.detach(socket)
            links &= ~(1 << UInt64(socket.slot))
        default: break
        }
    }

    var deadline: Int64 { @_noLocks get { .max } }

    @_noLocks
    mutating func expire(now: Int64, into queue: inout TransmitQueue) {}
}
