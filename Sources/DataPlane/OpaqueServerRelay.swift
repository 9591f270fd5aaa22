// SPDX-License-Identifier: GPL-2.0-or-later

internal import CShims.Socket
internal import Sockets

/// The server's decisions where traffic is not WireGuard's: a path's datagrams go upstream, upstream's datagrams go to
/// every live path. There is one upstream socket, and whoever sends is a path.
///
///     path ──uplink──► upstream (WireGuard)
///     every live path ◄─downlink─ upstream
///
/// While no path is alive that has ever been in conversation, what upstream says also goes to those that were when they
/// fell silent, a little at a time, so that WireGuard can speak first. Nothing proves a path here: to have spoken again
/// after it was spoken to keeps out what knocked once, and ``SilentAllowance`` bounds what a forger can have sent to
/// another.
struct OpaqueServerRelay: ~Copyable, Relay {
    private let counters: Counters
    private let board: PathBoard
    private let pathTimeout: Int64
    private var tenants = Tenants()
    private var paths: PathTable
    private var listenSlot: UInt16 = 0
    private var upstreamSlot: Int32 = -1
    /// Those in conversation when they fell silent, all of one session.
    private var lastKnown = LastKnownPaths(sessions: 1, perSession: Limits.lastKnownPaths)
    private var silentAllowance = SilentAllowance()
    /// Live paths that have spoken after they were spoken to.
    private var conversingCount = 0
    /// When something was last sent to the live paths.
    private var lastSpoken = Int64.min
    private var loopWatch: LoopWatch
    /// Addresses that bring back what is this server's own; heard in vain, and gone like paths.
    private var loops = PathTable(capacity: Limits.loopAddresses)
    /// No path can have been silent too long before this.
    private var nextExpiry = Int64.max

    var deadline: Int64 { @_noLocks get { nextExpiry } }

    /// - Parameters:
    ///   - counters: where dropped datagrams are counted.
    ///   - board: where paths are published; its capacity bounds them.
    ///   - pathTimeout: nanoseconds of silence after which a path is gone.
    ///   - random: where what nobody may guess comes from.
    init(counters: Counters, board: PathBoard, pathTimeout: Int64, random: inout some RandomNumberGenerator) {
        self.counters = counters
        self.board = board
        self.pathTimeout = pathTimeout
        paths = PathTable(capacity: board.capacity)
        loopWatch = LoopWatch(random: &random)
    }

    @_noLocks
    mutating func decide(_ batch: inout Batch, now: Int64) -> Bool {
        while batch.cursor < batch.arrivalCount {
            let arrival = unsafe batch.arrivals[batch.cursor]
            let targets = max(1, paths.count + lastKnown.count(0))
            // A question may go out behind it, in a run of its own.
            guard batch.hasRoom(segments: arrival.segmentCount + 1, targets: targets, singles: 2) else { return false }
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
        if isOwn(arrival, now) { return counters.add(.ownReturned, arrival.segmentCount) }
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
        if unsafe loopWatch.suspects(arrival.slice(0), paths: paths.count, now) { ask(&batch, now) }
    }

    @_noLocks
    private mutating func ask(_ batch: inout Batch, _ now: Int64) {
        batch.endRun(.uplink)
        if case .began(let run) = unsafe batch.place(loopWatch.ask(now), .uplink) {
            batch.append(Departure(run: run, slot: UInt16(truncatingIfNeeded: upstreamSlot)))
        }
        batch.endRun(.uplink)
    }

    /// Whether what came is this server's own. An address that brings the question back is no path from then on.
    @_noLocks
    private mutating func isOwn(_ arrival: Arrival, _ now: Int64) -> Bool {
        let known = loops.count == 0 ? -1 : loops.find(arrival.source)
        if known >= 0 {
            loops.touch(known, at: now, local: arrival.local)
            return true
        }
        guard loopWatch.waits(now) else { return false }
        for index in 0..<arrival.segmentCount where unsafe loopWatch.isQuestion(arrival.slice(index)) {
            let path = paths.find(arrival.source)
            if path >= 0 { remove(path) }
            _ = loops.insert(arrival.source, at: now, local: arrival.local)
            nextExpiry = min(nextExpiry, now + pathTimeout)
            return true
        }
        return false
    }

    /// The path a datagram came by, made if need be; -1 when there is no room for another.
    @_noLocks
    private mutating func admit(_ arrival: Arrival, _ batch: inout Batch, _ now: Int64) -> Int32 {
        let known = paths.find(arrival.source)
        if known >= 0 {
            paths.touch(known, at: now, local: arrival.local)
            if unsafe !paths[known].pointee.isProven && paths[known].pointee.joined < lastSpoken {
                unsafe paths[known].pointee.isProven = true
                conversingCount += 1
                // A run that is open may go to silent ones.
                batch.endRun(.downlink)
            }
            return known
        }
        let path = paths.insert(arrival.source, at: now, local: arrival.local)
        guard path >= 0 else { return -1 }
        unsafe paths[path].pointee.joined = now
        board.publish(path, arrival.source, since: now)
        nextExpiry = min(nextExpiry, now + pathTimeout)
        // A run that is open goes to the paths there were when it began.
        batch.endRun(.downlink)
        return path
    }

    @_noLocks
    private mutating func sendToPaths(_ arrival: Arrival, _ batch: inout Batch, _ now: Int64) {
        counters.heard(arrival.socket.slot, at: now)
        let isSilent = conversingCount == 0 && lastKnown.count(0) > 0
        let asks = isSilent && silentAllowance.spend(arrival.segmentCount, now)
        guard paths.count > 0 || asks else { return counters.add(.noPath, arrival.segmentCount) }
        if paths.count > 0 { lastSpoken = now }
        // A run that is open may go to others.
        if isSilent { batch.endRun(.downlink) }
        for index in 0..<arrival.segmentCount {
            guard case .began(let run) = unsafe batch.place(arrival.slice(index), .downlink) else { continue }
            if asks { sendToLastKnown(run, &batch) }
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
    private func sendToLastKnown(_ run: Int32, _ batch: inout Batch) {
        for position in 0..<lastKnown.count(0) {
            let entry = lastKnown.entry(0, position)
            if paths.find(entry.address) >= 0 { continue }
            batch.append(
                Departure(run: run, slot: listenSlot, path: -1, destination: entry.address, local: entry.local))
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
        case .carry, .fit, .stop: break
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
            if unsafe paths[gone].pointee.isProven {
                unsafe lastKnown.remember(paths[gone].pointee, of: 0, span: pathTimeout)
            }
            remove(gone)
        }
        position = 0
        while true {
            let gone = loops.nextGone(from: &position, now: now, timeout: pathTimeout, next: &nextExpiry)
            if gone < 0 { break }
            loops.remove(gone)
        }
    }

    @_noLocks
    private mutating func remove(_ path: Int32) {
        if unsafe paths[path].pointee.isProven { conversingCount -= 1 }
        paths.remove(path)
        board.publish(path, SocketAddress(), since: 0)
    }
}
