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
    private let statistics: PathStatistics
    private let events: EventWriter
    private let pathTimeout: Int64
    private var sockets = SocketTable()
    private var paths: PathTable
    private var listenSlot: UInt16 = 0
    private var upstreamSlot: UInt16?
    /// All paths are of one session.
    private static var session: SessionIndex { @_noLocks get { SessionIndex(0) } }
    private static var upstreamGroup: Int32 { @_noLocks get { 0 } }
    private static var pathGroup: Int32 { @_noLocks get { 1 } }
    /// Counts the changes of what is a path, and in conversation.
    private var pathsVersion: UInt32 = 0
    /// Those in conversation when they fell silent, all of one session.
    private var lastKnown = LastKnownPaths(sessions: 1, perSession: Limits.lastKnownPaths)
    private var silentAllowance = SilentAllowance()
    /// Live paths that have spoken after they were spoken to.
    private var conversingCount = 0
    /// When something was last sent to the live paths.
    private var lastSent = Int64.min
    private var loopWatch: LoopWatch
    /// Addresses that bring back what is this server's own; ignored, and gone like paths.
    private var loops = PathTable(capacity: Limits.loopAddresses)
    /// No path can have been silent too long before this.
    private var nextExpiry = Int64.max

    var deadline: Int64 { @_noLocks get { nextExpiry } }

    /// - Parameters:
    ///   - counters: where dropped datagrams are counted.
    ///   - statistics: where paths are published; its capacity bounds them.
    ///   - events: where changes of paths are reported.
    ///   - pathTimeout: nanoseconds of silence after which a path is gone.
    ///   - random: where what nobody may guess comes from.
    init(
        counters: Counters, statistics: PathStatistics, events: EventWriter, pathTimeout: Int64,
        random: inout some RandomNumberGenerator
    ) {
        self.counters = counters
        self.statistics = statistics
        self.events = events
        self.pathTimeout = pathTimeout
        paths = PathTable(capacity: statistics.capacity)
        loopWatch = LoopWatch(random: &random)
    }

    @_noLocks
    mutating func decide(_ packet: ReceivedPacket, into queue: inout TransmitQueue, now: Int64) -> Bool {
        let targets = max(1, paths.count + lastKnown.count(Self.session))
        // A question may go out behind it, in a run of its own.
        guard
            queue.hasRoom(
                segments: packet.segmentCount + 1, runs: Limits.runsPerPacket + 2,
                transmits: Limits.runsPerPacket * targets + 2)
        else { return false }
        switch sockets.role(of: packet.socket) {
        case .listen: sendUpstream(packet, &queue, now)
        case .upstream: sendToPaths(packet, &queue, now)
        default: counters.add(.staleSocket, packet.segmentCount)
        }
        return true
    }

    @_noLocks
    private mutating func sendUpstream(_ packet: ReceivedPacket, _ queue: inout TransmitQueue, _ now: Int64) {
        if isOwn(packet, now) { return counters.add(.ownReturned, packet.segmentCount) }
        guard let path = admit(packet, now) else { return counters.add(.pathTableFull, packet.segmentCount) }
        counters.noteReceived(listenSlot, at: now)
        statistics.set(path, .lastReceived, UInt64(bitPattern: now))
        statistics.add(path, .receivedDatagrams, packet.segmentCount)
        statistics.add(path, .receivedBytes, packet.length)
        guard let upstreamSlot else { return counters.add(.noUpstream, packet.segmentCount) }
        for index in 0..<packet.segmentCount { unsafe send(packet.segment(index), by: upstreamSlot, &queue) }
        if unsafe loopWatch.suspects(packet.segment(0), paths: paths.count, now),
            let question = unsafe queue.ownDatagram(bytes: LoopWatch.questionLength)
        {
            unsafe send(loopWatch.ask(now, at: question), by: upstreamSlot, &queue)
        }
    }

    @_noLocks
    private func send(_ segment: iovec, by slot: UInt16, _ queue: inout TransmitQueue) {
        guard let run = unsafe queue.append(segment, to: TargetSet(group: Self.upstreamGroup)) else { return }
        queue.append(Transmit(run: run, slot: slot))
    }

    /// Whether what came is this server's own. An address that brings the question back is no path from then on.
    @_noLocks
    private mutating func isOwn(_ packet: ReceivedPacket, _ now: Int64) -> Bool {
        if loops.count > 0, let known = loops.find(packet.source) {
            loops.touch(known, at: now, local: packet.local)
            return true
        }
        guard loopWatch.waits(now) else { return false }
        for index in 0..<packet.segmentCount where unsafe loopWatch.isQuestion(packet.segment(index)) {
            if let path = paths.find(packet.source) { remove(path) }
            _ = loops.insert(packet.source, at: now, local: packet.local)
            nextExpiry = min(nextExpiry, now + pathTimeout)
            return true
        }
        return false
    }

    /// Returns the path a packet came by, made if need be; nil when there is no room for another.
    @_noLocks
    private mutating func admit(_ packet: ReceivedPacket, _ now: Int64) -> PathIndex? {
        if let known = paths.find(packet.source) {
            paths.touch(known, at: now, local: packet.local)
            if !paths[known].isValidated && paths[known].joined < lastSent {
                paths[known].isValidated = true
                conversingCount += 1
                pathsVersion &+= 1
            }
            return known
        }
        guard let path = paths.insert(packet.source, at: now, local: packet.local) else { return nil }
        paths[path].joined = now
        statistics.publish(path, packet.source, since: now)
        events.postIfRoom(.pathsChanged)
        nextExpiry = min(nextExpiry, now + pathTimeout)
        pathsVersion &+= 1
        return path
    }

    @_noLocks
    private mutating func sendToPaths(_ packet: ReceivedPacket, _ queue: inout TransmitQueue, _ now: Int64) {
        counters.noteReceived(packet.socket.slot, at: now)
        let isSilent = conversingCount == 0 && lastKnown.count(Self.session) > 0
        let asks = isSilent && silentAllowance.spend(packet.segmentCount, now)
        guard paths.count > 0 || asks else { return counters.add(.noPath, packet.segmentCount) }
        if paths.count > 0 { lastSent = now }
        let targets = TargetSet(group: Self.pathGroup, version: pathsVersion, bits: asks ? 1 : 0)
        for index in 0..<packet.segmentCount {
            guard let run = unsafe queue.append(packet.segment(index), to: targets) else { continue }
            if asks { sendToLastKnown(run, &queue) }
            for position in 0..<paths.count {
                let index = paths.live(position)
                let path = paths[index]
                queue.append(
                    Transmit(
                        run: run, slot: listenSlot, to: path.address, from: path.local,
                        target: TransmitTarget(path: index, tenant: path.tenant)))
            }
        }
    }

    @_noLocks
    private func sendToLastKnown(_ run: Int32, _ queue: inout TransmitQueue) {
        for position in 0..<lastKnown.count(Self.session) {
            let entry = lastKnown.entry(Self.session, position)
            if case .some = paths.find(entry.address) { continue }
            queue.append(Transmit(run: run, slot: listenSlot, to: entry.address, from: entry.local))
        }
    }

    @_noLocks
    mutating func apply(_ command: Command) {
        switch command {
        case .attach(let socket, descriptor: _, let role):
            sockets.attach(socket, as: role)
            if case .listen = role { listenSlot = socket.slot }
            if case .upstream = role { upstreamSlot = socket.slot }
        case .detach(let socket):
            guard case .some = sockets.role(of: socket) else { return }
            sockets.detach(socket)
            if let slot = upstreamSlot, slot == socket.slot { upstreamSlot = nil }
        default: break
        }
    }

    @_noLocks
    mutating func expire(now: Int64, into queue: inout TransmitQueue) {
        guard now >= nextExpiry else { return }
        nextExpiry = .max
        var position = 0
        while let gone = paths.nextGone(from: &position, now: now, timeout: pathTimeout, next: &nextExpiry) {
            if paths[gone].isValidated {
                lastKnown.remember(paths[gone], of: Self.session, span: pathTimeout)
            }
            remove(gone)
        }
        position = 0
        while let gone = loops.nextGone(from: &position, now: now, timeout: pathTimeout, next: &nextExpiry) {
            loops.remove(gone)
        }
    }

    @_noLocks
    private mutating func remove(_ path: PathIndex) {
        if paths[path].isValidated { conversingCount -= 1 }
        pathsVersion &+= 1
        paths.remove(path)
        statistics.publish(path, SocketAddress(), since: 0)
        events.postIfRoom(.pathsChanged)
    }
}
