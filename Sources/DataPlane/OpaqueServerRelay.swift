// SPDX-License-Identifier: GPL-2.0-or-later

internal import CShims.Socket
internal import Sockets

/// The server's decisions where traffic is not WireGuard's: a path's datagrams go upstream, upstream's datagrams go to
/// every live path. There is one upstream socket, and whoever sends is a path.
///
///     path ──uplink──► upstream (WireGuard)
///     every live path ◄─downlink─ upstream
struct OpaqueServerRelay: ~Copyable, Relay {
    private let counters: Counters
    private let board: PathBoard
    private let pathTimeout: Int64
    private var tenants = Tenants()
    private var paths: PathTable
    private var listenSlot: UInt16 = 0
    private var upstreamSlot: Int32 = -1
    /// No path can have been silent too long before this.
    private var nextExpiry = Int64.max

    var deadline: Int64 { @_noLocks get { nextExpiry } }

    /// - Parameters:
    ///   - counters: where dropped datagrams are counted.
    ///   - board: where paths are published; its capacity bounds them.
    ///   - pathTimeout: nanoseconds of silence after which a path is gone.
    init(counters: Counters, board: PathBoard, pathTimeout: Int64) {
        self.counters = counters
        self.board = board
        self.pathTimeout = pathTimeout
        paths = PathTable(capacity: board.capacity)
    }

    @_noLocks
    mutating func decide(_ batch: inout Batch, now: Int64) -> Bool {
        while batch.cursor < batch.arrivalCount {
            let arrival = unsafe batch.arrivals[batch.cursor]
            guard batch.hasRoom(segments: arrival.segmentCount, targets: max(1, paths.count)) else { return false }
            batch.cursor += 1
            switch tenants.role(of: arrival.socket) {
            case .listen: sendUpstream(arrival, &batch, now)
            case .upstream: sendToPaths(arrival, &batch, now)
            default: counters.add(.staleSocket, arrival.segmentCount)
            }
        }
        return true
    }

    @_noLocks
    private mutating func sendUpstream(_ arrival: Arrival, _ batch: inout Batch, _ now: Int64) {
        let path = admit(arrival, &batch, now)
        guard path >= 0 else { return counters.add(.pathTableFull, arrival.segmentCount) }
        counters.heard(listenSlot, at: now)
        board.set(path, .lastHeard, UInt64(bitPattern: now))
        board.add(path, .receivedDatagrams, arrival.segmentCount)
        board.add(path, .receivedBytes, arrival.length)
        guard upstreamSlot >= 0 else { return counters.add(.noUpstream, arrival.segmentCount) }
        for index in 0..<arrival.segmentCount {
            guard case .began(let run) = unsafe batch.place(arrival.slice(index), .uplink) else { continue }
            batch.append(Departure(run: run, slot: UInt16(truncatingIfNeeded: upstreamSlot)))
        }
    }

    /// The path a datagram came by, made if need be; -1 when there is no room for another.
    @_noLocks
    private mutating func admit(_ arrival: Arrival, _ batch: inout Batch, _ now: Int64) -> Int32 {
        let known = paths.find(arrival.source)
        if known >= 0 {
            paths.touch(known, at: now, local: arrival.local)
            return known
        }
        let path = paths.insert(arrival.source, at: now, local: arrival.local)
        guard path >= 0 else { return -1 }
        board.publish(path, arrival.source, since: now)
        nextExpiry = min(nextExpiry, now + pathTimeout)
        // A run that is open goes to the paths there were when it began.
        batch.endRun(.downlink)
        return path
    }

    @_noLocks
    private mutating func sendToPaths(_ arrival: Arrival, _ batch: inout Batch, _ now: Int64) {
        counters.heard(arrival.socket.slot, at: now)
        guard paths.count > 0 else { return counters.add(.noPath, arrival.segmentCount) }
        for index in 0..<arrival.segmentCount {
            guard case .began(let run) = unsafe batch.place(arrival.slice(index), .downlink) else { continue }
            for position in 0..<paths.count {
                let index = paths.live(position)
                let path = paths.path(index)
                batch.append(
                    Departure(
                        run: run, slot: listenSlot, path: index, destination: path.address, local: path.local))
            }
        }
    }

    @_noLocks
    mutating func obey(_ command: Command) {
        switch command {
        case .attach(let socket, descriptor: _, let role):
            tenants.attach(socket, as: role)
            if case .listen = role { listenSlot = socket.slot }
            if case .upstream = role { upstreamSlot = Int32(socket.slot) }
        case .detach(let socket):
            guard case .some = tenants.role(of: socket) else { return }
            tenants.detach(socket)
            if upstreamSlot == Int32(socket.slot) { upstreamSlot = -1 }
        case .carry, .stop: break
        }
    }

    @_noLocks
    mutating func expire(now: Int64) {
        guard now >= nextExpiry else { return }
        nextExpiry = .max
        var position = 0
        while true {
            let gone = paths.nextGone(from: &position, now: now, timeout: pathTimeout, next: &nextExpiry)
            if gone < 0 { break }
            paths.remove(gone)
            board.publish(gone, SocketAddress(), since: 0)
        }
    }
}
