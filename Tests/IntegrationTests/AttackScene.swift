// SPDX-License-Identifier: GPL-2.0-or-later

import Support

/// A client with two links and real WireGuard, pings both big and small, and an attacker that knows its
/// handshakes and indices.
final class AttackScene {
    let crowd: Crowd
    let attacker: Attacker
    let pinger: Pinger

    init(_ engine: Engine, serverExtra: String = "") throws {
        crowd = try Crowd(engine, clients: 1, links: 2, serverExtra: serverExtra)
        attacker = try Attacker(in: crowd.laboratory)
        pinger = try Pinger(in: crowd.laboratory.client, to: WireGuardStar.serverAddress, interval: 0.005)
        // What is replayed is to be older than any memory of it.
        Monotonic.sleep(seconds: 2.5)
    }

    deinit { pinger.stop() }

    var hostilities: [Hostility] {
        let record = crowd.recorders[0].record
        return [
            .random, .shaped, .replayed(record.handshakes(olderThan: 2)),
            .forged(receivers: Array(record.serverIndices), counter: record.counters.values.max() ?? 0),
            .misshapen,
        ]
    }

    /// 200,000 of them, and what became of the pings meanwhile.
    ///
    /// - Parameter isPaced: never more than the server reads, so that its kernel drops nothing for want of room.
    func flood(_ hostility: Hostility, isPaced: Bool = true) throws -> (FloodReport, PingTally) {
        let mark = pinger.mark()
        let laboratory = crowd.laboratory
        let pause = isPaced ? { try laboratory.waitForServerToRead() } : nil
        let report = try attacker.flood(hostility, count: 200_000, pause: pause)
        return (report, pinger.settled(from: mark, to: pinger.mark()))
    }

    /// Datagrams the server's kernel had to throw away because our program did not keep up.
    func kernelDrops() throws -> Int {
        try crowd.laboratory.server.udpSockets()
            .filter { $0.port == Laboratory.serverPort }.reduce(0) { $0 + $1.drops }
    }
}
