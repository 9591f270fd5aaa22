// SPDX-License-Identifier: GPL-2.0-or-later

import Sockets
import Support

@testable import DataPlane

/// Two relays joined by links with seeded weather, one of which is live at any time.
///
///     WireGuard A ── client relay ══ link 0…n ══ server relay ── WireGuard B
///
/// A live link loses nothing; which one it is changes. WireGuard B speaks to the socket it last heard something
/// authentic from, as it does. Strangers forge datagrams with the client's receiver index; WireGuard B discards them.
/// What must hold is checked by ``run()``.
struct Simulation {
    struct Failure: Error, CustomStringConvertible { var description: String }

    private typealias Packet = SimulatedPacket
    private enum Place { case client, server }
    private struct InFlight {
        var link: Int
        var to: Place
        var bytes: [UInt8]
    }

    let options: SimulationOptions
    private(set) var longestRun = 0
    private(set) var delivered = 0

    init(_ options: SimulationOptions) { self.options = options }

    private static let listenSlot: UInt16 = 0
    /// As many as a server has that may have one session, and one for opaque traffic.
    private static let upstreamSlots: ClosedRange<UInt16> = 1...60
    /// Ticks until all links work and all paths are known.
    private static let warmUp = 8
    private static let wireGuard = SocketAddress(IPAddress("127.0.0.1")!, port: 51820)

    private static func address(_ link: Int) -> SocketAddress {
        SocketAddress(IPAddress("10.0.\(link).1")!, port: 40_000)
    }

    private static func stranger(_ number: Int) -> SocketAddress {
        SocketAddress(IPAddress("203.0.113.\(number)")!, port: 666)
    }

    /// Runs the whole simulation.
    ///
    /// - Throws: ``Failure`` when a datagram was lost although a link was live, one was delivered twice, invented or
    ///   altered, a stranger was sent more than it sent, or a buffer did not come home.
    mutating func run() throws {
        let clientCounters = Counters()
        let serverCounters = Counters()
        defer {
            clientCounters.deallocate()
            serverCounters.deallocate()
        }
        var random = SeededGenerator(seed: options.seed)
        let client = try SimulatedLoop(
            ClientRelay(
                counters: clientCounters, copies: DuplicateStatistics(members: Limits.clientSocketSlots, streams: 1),
                statistics: PathStatistics(capacity: 1), isOpaque: options.isOpaque, random: &random),
            counters: clientCounters, paths: nil, seed: options.seed, coalescePer1000: options.coalescePer1000)
        let limits = SessionLimits(
            maxSessions: 1, maxPathsPerSession: 8, maxPaths: 8, pathTimeoutNanoseconds: 30_000_000_000)
        let statistics = ServerStatistics(limits)
        if options.isOpaque {
            try run(
                client,
                SimulatedLoop(
                    OpaqueServerRelay(
                        counters: serverCounters, statistics: statistics.paths, events: .unread,
                        pathTimeout: limits.pathTimeoutNanoseconds,
                        random: &random),
                    counters: serverCounters, paths: statistics.paths, seed: options.seed &+ 1,
                    coalescePer1000: options.coalescePer1000))
        } else {
            try run(
                client,
                SimulatedLoop(
                    ServerRelay(
                        counters: serverCounters, statistics: statistics, events: .unread, limits: limits,
                        verifier: nil, random: &random),
                    counters: serverCounters, paths: statistics.paths, seed: options.seed &+ 1,
                    coalescePer1000: options.coalescePer1000))
        }
    }

    private mutating func run<R: Relay & ~Copyable>(
        _ client: SimulatedLoop<ClientRelay>, _ server: SimulatedLoop<R>
    ) throws {
        var random = SeededGenerator(seed: options.seed ^ 0x51ed)
        client.apply(.attach(SocketHandle(slot: Self.listenSlot, generation: 1), descriptor: -1, .listen))
        server.apply(.attach(SocketHandle(slot: Self.listenSlot, generation: 1), descriptor: -1, .listen))
        for slot in options.isOpaque ? 1...1 : Self.upstreamSlots {
            server.apply(.attach(SocketHandle(slot: slot, generation: 1), descriptor: -1, .upstream))
        }
        // Where WireGuard B answers to.
        var endpoint: UInt16 = options.isOpaque ? 1 : 0
        var forged: Set<[UInt8]> = []
        var strangers: [SocketAddress: (sent: Int, received: Int)] = [:]
        let count = options.links.count
        func handle(_ link: Int) -> SocketHandle { SocketHandle(slot: UInt16(link + 1), generation: 1) }
        for link in 0..<count {
            client.apply(.attach(handle(link), descriptor: -1, .link))
            client.apply(.carry(handle(link), true))
        }

        var carries = [Bool](repeating: true, count: count)
        var partitioned = [Bool](repeating: false, count: count)
        var live = 0
        var air: [Int: [InFlight]] = [:]
        var ledgers: [Place: Ledger] = [
            .client: Ledger(receiver: options.isOpaque ? nil : 0x0a0a),
            .server: Ledger(receiver: options.isOpaque ? nil : 0x0b0b),
        ]

        func datagram(to place: Place) -> [UInt8] {
            ledgers[place]!.emit(size: options.sizes.randomElement(using: &random)!)
        }
        func arrive(_ packet: Packet, at place: Place) throws {
            switch ledgers[place]!.arrive(packet.bytes) {
            case 0: throw fail("a datagram was invented or altered")
            case 2... where !options.isOpaque: throw fail("a datagram was delivered twice")
            default: break
            }
        }
        func send(_ packet: Packet, link: Int, to place: Place, tick: Int, isFirst: Bool) {
            let weather = options.links[link]
            let isSafe = options.keepsOneLinkLive && (link == live || isFirst)
            if !isSafe && (partitioned[link] || random.happens(weather.lossPer1000)) { return }
            let copies = random.happens(weather.duplicatePer1000) ? 2 : 1
            for _ in 0..<copies {
                let at = tick + 1 + (isFirst ? 0 : Int.random(in: weather.delay, using: &random))
                air[at, default: []].append(InFlight(link: link, to: place, bytes: packet.bytes))
            }
        }

        for tick in 0...(options.ticks + 20) {
            let now = Int64(tick + 1) * 1_000_000
            // Weather. The live link is in the fan-out and unharmed; another may take over in the same instant.
            for link in 0..<count {
                if partitioned[link] { partitioned[link] = !random.happens(options.links[link].healPer1000) } else {
                    partitioned[link] = random.happens(options.links[link].partitionPer1000)
                }
            }
            if tick > Self.warmUp && random.happens(100) { live = Int.random(in: 0..<count, using: &random) }
            for link in 0..<count where tick > Self.warmUp {
                let toggles = random.happens(options.links[link].carryTogglePer1000)
                let wanted = link == live || carries[link] != toggles
                if wanted != carries[link] { client.apply(.carry(handle(link), wanted)) }
                carries[link] = wanted
            }

            var toClient: [Packet] = []
            var toServer: [Packet] = []
            for copy in air.removeValue(forKey: tick) ?? [] {
                switch copy.to {
                case .client: toClient.append(Packet(bytes: copy.bytes, slot: UInt16(copy.link + 1)))
                case .server:
                    toServer.append(
                        Packet(bytes: copy.bytes, slot: Self.listenSlot, peer: Self.address(copy.link)))
                }
            }
            if tick <= options.ticks {
                // The first datagram goes up alone, so that the server hears of every path.
                let up = tick < Self.warmUp ? 1 : Int.random(in: options.burst, using: &random)
                for _ in 0..<up {
                    let bytes = datagram(to: .server)
                    toClient.append(Packet(bytes: bytes, slot: Self.listenSlot, peer: Self.wireGuard))
                }
                for _ in 0..<(tick < 3 || endpoint == 0 ? 0 : Int.random(in: options.burst, using: &random)) {
                    let bytes = datagram(to: .client)
                    toServer.append(Packet(bytes: bytes, slot: endpoint))
                }
                for _ in 0..<(options.isOpaque || tick < Self.warmUp ? 0 : options.forgeriesPerTick) {
                    let bytes = WireGuardDatagram.data(
                        0x0b0b, UInt64(max(0, ledgers[.server]!.count + .random(in: -20...20, using: &random))),
                        size: .random(in: 32...1400, using: &random), tag: random.next())
                    let stranger = Self.stranger(.random(in: 1...5, using: &random))
                    forged.insert(bytes)
                    strangers[stranger, default: (0, 0)].sent += bytes.count
                    toServer.insert(
                        Packet(bytes: bytes, slot: Self.listenSlot, peer: stranger),
                        at: .random(in: 0...toServer.count, using: &random))
                }
            }

            for packet in client.run(toClient, now: now) {
                if packet.slot == Self.listenSlot {
                    guard packet.peer == Self.wireGuard else { throw fail("an answer went to \(packet.peer)") }
                    try arrive(packet, at: .client)
                } else {
                    let link = Int(packet.slot) - 1
                    guard carries[link] else { throw fail("a copy left by a link taken out") }
                    send(packet, link: link, to: .server, tick: tick, isFirst: tick < Self.warmUp)
                }
            }
            for packet in server.run(toServer, now: now) {
                if packet.slot != Self.listenSlot {
                    if forged.contains(packet.bytes) || isQuestion(packet) { continue }
                    try arrive(packet, at: .server)
                    endpoint = packet.slot
                } else if strangers[packet.peer] != nil {
                    strangers[packet.peer]!.received += packet.bytes.count
                } else {
                    guard let link = (0..<count).first(where: { Self.address($0) == packet.peer }) else {
                        throw fail("an answer went to \(packet.peer)")
                    }
                    send(
                        Packet(bytes: packet.bytes, slot: packet.slot, peer: packet.peer), link: link, to: .client,
                        tick: tick, isFirst: tick < Self.warmUp)
                }
            }
            guard client.buffersOut == 0, server.buffersOut == 0 else { throw fail("a buffer did not come home") }
        }
        // What is still in the air has to land.
        for tick in air.keys.sorted() {
            let now = Int64(options.ticks + 100) * 1_000_000
            let copies = air[tick]!
            let up = copies.filter { $0.to == .server }
                .map { Packet(bytes: $0.bytes, slot: Self.listenSlot, peer: Self.address($0.link)) }
            let down = copies.filter { $0.to == .client }.map { Packet(bytes: $0.bytes, slot: UInt16($0.link + 1)) }
            for packet in server.run(up, now: now) where !forged.contains(packet.bytes) && !isQuestion(packet) {
                try arrive(packet, at: .server)
            }
            for packet in client.run(down, now: now) { try arrive(packet, at: .client) }
        }
        for (address, bytes) in strangers where bytes.received > bytes.sent {
            throw fail("\(address) sent \(bytes.sent) bytes and was sent \(bytes.received)")
        }
        for place in [Place.client, .server] {
            let ledger = ledgers[place]!
            guard ledger.missing == 0 else { throw fail("\(ledger.missing) datagrams lost toward \(place)") }
            delivered += ledger.count
        }
        longestRun = max(client.longestRun, server.longestRun)
    }

    /// Short datagrams are all alike, so an opaque server may ask whether they go round, see ``LoopWatch``.
    private func isQuestion(_ packet: Packet) -> Bool {
        options.isOpaque && packet.bytes.count == LoopWatch.questionLength && packet.bytes.starts(with: "engarde?".utf8)
    }

    private func fail(_ what: String) -> Failure { Failure(description: "seed \(options.seed): \(what)") }
}
