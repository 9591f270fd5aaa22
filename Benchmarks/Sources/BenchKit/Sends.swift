// SPDX-License-Identifier: GPL-2.0-or-later

internal import CBench
internal import Support

/// What left the two relays, as their interfaces counted it.
///
/// A GSO send crosses veth and loopback in one piece and is one packet there. So datagrams a send can be read
/// from outside, for any relay: bytes tell how many datagrams went, packets tell in how many sends.
struct Sends {
    /// Ethernet, IPv4 and UDP headers, which interfaces count once a packet.
    private static let headerBytes = 14 + 20 + 8

    private var counts: [Counter: (packets: Int, bytes: Int)] = [:]

    private enum Counter: Hashable { case clientLinks, serverLinks, clientLoopback, serverLoopback }

    init(_ laboratory: Laboratory) throws {
        let client = try laboratory.client.received()
        let server = try laboratory.server.received()
        counts[.clientLoopback] = client["lo"]
        counts[.serverLoopback] = server["lo"]
        for link in laboratory.links {
            // What arrived at one side was sent by the other.
            add(.clientLinks, server[link.farName])
            add(.serverLinks, client[link.name])
        }
    }

    private mutating func add(_ counter: Counter, _ value: (packets: Int, bytes: Int)?) {
        guard let value else { return }
        let old = counts[counter] ?? (0, 0)
        counts[counter] = (old.packets + value.packets, old.bytes + value.bytes)
    }

    /// Datagrams a send of client and server since `start`; `flows` are what the ends themselves put on
    /// loopback.
    func perSend(since start: Sends, flows: [(direction: Direction, flow: Flow)]) -> (
        client: Double?, server: Double?
    ) {
        func relay(_ links: Counter, _ loopback: Counter, source: Direction) -> Double? {
            var sends = 0
            var datagrams = 0.0
            guard let size = flows.first.map({ Int($0.flow.state.size) }) else { return nil }
            for counter in [links, loopback] {
                guard let end = counts[counter], let begin = start.counts[counter] else { return nil }
                var packets = end.packets - begin.packets
                var payload = end.bytes - begin.bytes - packets * Self.headerBytes
                if counter == loopback {
                    for (direction, flow) in flows where direction == source {
                        packets -= Int(flow.state.sends)
                        payload -= Int(flow.sent - flow.state.refused) * size
                    }
                }
                sends += packets
                datagrams += Double(payload) / Double(size)
            }
            return sends > 0 ? datagrams / Double(sends) : nil
        }
        return (
            relay(.clientLinks, .clientLoopback, source: .up),
            relay(.serverLinks, .serverLoopback, source: .down)
        )
    }
}
