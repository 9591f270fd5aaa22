// SPDX-License-Identifier: GPL-2.0-or-later

import Support
import Testing

@testable import DataPlane

/// Clients with several links, a WireGuard that knows them by their datagrams alone, and somebody who forges and
/// repeats: whatever happened, soon afterwards each client is sent its own on all its links, and nothing else.
@Suite struct ServerWorldTests {
    private typealias Datagram = WireGuardDatagram

    private struct Client {
        /// By which WireGuard names it, and it names WireGuard; 0 before the first handshake.
        var name: UInt32 = 0
        var receiver: UInt32 = 0
        var counter: UInt64 = 0
        var links: [Int] = []
        /// The socket WireGuard heard it on last; 0 for none.
        var endpoint: UInt16 = 0
        var answers: UInt64 = 0
    }

    private final class World {
        let scene = ServerScene(
            ServerScene.limits(sessions: 4, pathsPerSession: 6, paths: 24), upstreams: World.upstreams)
        static let upstreams: UInt16 = 56
        static let strangers = 240...244
        var lastLink = 0
        var random: SeededGenerator
        var clients = [Client](repeating: Client(), count: 3)
        var now: Int64 = 1_000_000_000
        var lastIndex: UInt32 = 100
        var heard: [[UInt8]] = []

        init(seed: UInt64) {
            random = SeededGenerator(seed: seed)
            for client in clients.indices { for _ in 0...client { addLink(client) } }
        }

        func newIndex() -> UInt32 {
            lastIndex += 1
            return lastIndex
        }

        func addLink(_ client: Int) {
            lastLink += 1
            clients[client].links.append(lastLink)
        }

        /// A client's authentic datagram goes over its links.
        func send(_ client: Int, _ datagram: [UInt8], lossPer1000: Int = 0) {
            // A handshake repeated at once in the name of another client's proven path passes for that one's: a limit.
            if datagram[0] == 4 { heard = heard.suffix(10) + [datagram] }
            for link in clients[client].links.shuffled(using: &random) where !random.happens(lossPer1000) {
                if let slot = scene.up(link, datagram, at: now).last { clients[client].endpoint = slot }
                now += Int64.random(in: 0..<300_000, using: &random)
            }
        }

        /// WireGuard's words to a client; where they arrive.
        func answer(_ client: Int, _ datagram: [UInt8]) -> Set<Int> {
            let endpoint = clients[client].endpoint
            return endpoint == 0 ? [] : scene.down(endpoint, datagram, at: now)
        }

        func talk(_ client: Int, lossPer1000: Int = 0) {
            guard clients[client].receiver != 0 else { return shakeHands(client) }
            clients[client].counter += 1
            send(client, Datagram.data(clients[client].receiver, clients[client].counter, size: 100), lossPer1000: lossPer1000)
        }

        func reply(_ client: Int, size: Int = 1000) -> Set<Int> {
            clients[client].answers += 1
            return answer(client, Datagram.data(clients[client].name, clients[client].answers, size: size))
        }

        func shakeHands(_ client: Int) {
            let name = newIndex()
            send(client, Datagram.initiation(name))
            let receiver = newIndex()
            guard !answer(client, Datagram.response(receiver, to: name)).isDisjoint(with: clients[client].links) else {
                return
            }
            (clients[client].name, clients[client].receiver, clients[client].counter) = (name, receiver, 0)
            talk(client)
        }

        func beShakenHands(_ client: Int) {
            guard clients[client].receiver != 0 else { return }
            let receiver = newIndex()
            guard !answer(client, Datagram.initiation(receiver)).isDisjoint(with: clients[client].links) else { return }
            let name = newIndex()
            send(client, Datagram.response(name, to: receiver))
            (clients[client].name, clients[client].receiver, clients[client].counter) = (name, receiver, 0)
        }

        func forge() {
            let receivers = clients.map(\.receiver) + [newIndex()]
            let datagram =
                random.happens(300) && !heard.isEmpty
                ? heard.randomElement(using: &random)!
                : Datagram.data(receivers.randomElement(using: &random)!, random.next() % 1_000, tag: random.next())
            let from = random.happens(500) ? Array(Self.strangers) : clients.flatMap(\.links)
            if let from = from.randomElement(using: &random) { _ = scene.up(from, datagram, at: now) }
        }

        func replaceRetired() {
            for slot in 1...Self.upstreams where scene.bench.isRetired(slot) {
                scene.bench.detach(slot)
                scene.bench.counters.reset(slot: slot, generation: 1)
                scene.bench.attach(slot, .upstream)
            }
        }

        func problems() -> [String] {
            scene.bench.look {
                $0.problems(
                    slots: Set(1...Self.upstreams), addresses: (1...250).map(ServerScene.path), receivers: 1...lastIndex,
                    at: now, isRetired: scene.bench.isRetired)
            }
        }
    }

    @Test("Soon after everything that may happen, each client is sent its own and nothing else", arguments: 1...60)
    func calm(seed: UInt64) {
        let world = World(seed: seed)
        let forgeries = [0, 50, 300].randomElement(using: &world.random)!
        for _ in 0..<400 {
            world.now += Int64.random(in: 0..<40_000_000, using: &world.random)
            let client = Int.random(in: 0..<3, using: &world.random)
            switch Int.random(in: 0..<1000, using: &world.random) {
            case 0..<20: world.shakeHands(client)
            case 20..<30: world.beShakenHands(client)
            case 30..<40: world.clients[client].links.removeAll { _ in world.random.happens(500) }
            case 40..<60 where world.clients[client].links.count < 4: world.addLink(client)
            case 60..<65:
                world.clients[client].links = []
                world.addLink(client)
            case 65..<70: world.now += 3_000_000_000
            case 70..<500: world.talk(client, lossPer1000: 100)
            case 500..<800: _ = world.reply(client)
            default: break
            }
            if world.random.happens(forgeries) { world.forge() }
            if world.random.happens(50) { world.replaceRetired() }
        }
        for client in 0..<3 where world.clients[client].links.isEmpty { world.addLink(client) }
        #expect(world.problems().isEmpty)
        for round in 0..<200 {
            world.now += 200_000_000
            world.replaceRetired()
            for client in 0..<3 {
                world.talk(client)
                let sent = world.reply(client)
                if round >= 160 { #expect(sent == Set(world.clients[client].links), "client \(client), round \(round)") }
            }
        }
        #expect(world.problems().isEmpty)
    }
}
