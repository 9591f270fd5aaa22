// SPDX-License-Identifier: GPL-2.0-or-later

internal import CShims.Socket
internal import Sockets

/// The client's decisions: WireGuard's datagrams go to every carrying link, a link's datagrams go to WireGuard.
///
///     WireGuard ──uplink──► every carrying link
///     WireGuard ◄─downlink─ any link
struct ClientRelay: ~Copyable, Relay {
    private let counters: Counters
    private let sources: AcceptedSources
    private var tenants = Tenants()
    private var links = LinkSet()
    private var listenSlot: UInt16 = 0
    /// Where WireGuard last spoke from, and the address of ours it spoke to.
    private var wireGuard = SocketAddress()
    private var wireGuardLocal = engarde_packet_info()

    /// - Parameters:
    ///   - counters: where dropped datagrams are counted.
    ///   - allowedSources: networks besides this machine that WireGuard may speak from.
    init(counters: Counters, allowedSources: [AddressPrefix] = []) {
        self.counters = counters
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
            batch.endRun(.downlink)
        }
        counters.heard(listenSlot, at: now)
        wireGuardLocal = arrival.local
        guard links.count > 0 else { return counters.add(.noCarryingLink, arrival.segmentCount) }
        for index in 0..<arrival.segmentCount {
            guard case .began(let run) = unsafe batch.place(arrival.slice(index), .uplink) else { continue }
            for link in 0..<links.count { batch.append(Departure(run: run, slot: links[link])) }
        }
    }

    @_noLocks
    private mutating func sendToWireGuard(_ arrival: Arrival, _ batch: inout Batch, _ now: Int64) {
        counters.heard(arrival.socket.slot, at: now)
        guard wireGuard.kernelFamily != 0 else { return counters.add(.wireGuardUnknown, arrival.segmentCount) }
        for index in 0..<arrival.segmentCount {
            guard case .began(let run) = unsafe batch.place(arrival.slice(index), .downlink) else { continue }
            batch.append(
                Departure(run: run, slot: listenSlot, path: -1, destination: wireGuard, local: wireGuardLocal))
        }
    }

    @_noLocks
    mutating func obey(_ command: Command) {
        switch command {
        case .attach(let socket, descriptor: _, let role):
            tenants.attach(socket, as: role)
            if case .listen = role { listenSlot = socket.slot }
        case .carry(let socket, let carries):
            guard case .link = tenants.role(of: socket) else { return }
            if carries { links.insert(socket.slot) } else { links.remove(socket.slot) }
        case .detach(let socket):
            guard case .some = tenants.role(of: socket) else { return }
            tenants.detach(socket)
            links.remove(socket.slot)
        case .stop: break
        }
    }

    var deadline: Int64 { @_noLocks get { .max } }

    @_noLocks
    mutating func expire(now: Int64) {}
}
