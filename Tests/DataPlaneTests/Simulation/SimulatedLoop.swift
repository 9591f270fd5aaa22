// SPDX-License-Identifier: GPL-2.0-or-later

import Sockets

@testable import DataPlane

/// The loop that ships, over an engine in memory.
final class SimulatedLoop<R: Relay & ~Copyable> {
    private let network: SimulatedNetwork
    private let mailbox: Mailbox
    private let events: EventRing
    private var loop: Loop<MemoryEngine, R>

    var buffersOut: Int { network.buffersOut }
    var longestRun: Int { network.longestRun }
    /// Times the queue had no room for a packet.
    var flushes: Int { network.flushes }

    init(_ relay: consuming R, counters: Counters, paths: PathStatistics?, seed: UInt64, coalescePer1000: Int) throws {
        network = SimulatedNetwork(seed: seed, coalescePer1000: coalescePer1000)
        mailbox = try Mailbox()
        events = try EventRing()
        loop = Loop(
            engine: MemoryEngine(network, events: events.writer), relay: relay,
            batch: Batch(counters: counters, events: events.writer, paths: paths), mail: mailbox.reader,
            events: events.writer, sharing: CPUSharing(yields: false), counters: counters)
    }

    /// Carries out a command with the next turn.
    func apply(_ command: Command) {
        mailbox.post(command)
        network.hasCommands = true
    }

    /// Runs as many turns as it takes to decide the whole inbox; returns what left, in order.
    func run(_ inbox: [SimulatedPacket], now: Int64) -> [SimulatedPacket] {
        network.inbox = inbox
        network.now = now
        repeat { loop.turn() } while !network.inbox.isEmpty
        while events.next() != nil {}
        defer { network.outbox = [] }
        return network.outbox
    }
}
