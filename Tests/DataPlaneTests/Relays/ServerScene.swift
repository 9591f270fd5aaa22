// SPDX-License-Identifier: GPL-2.0-or-later

import Sockets
import Support
import Testing
import WireGuardWire

@testable import DataPlane

/// A server relay with upstream sockets 1...8 and a WireGuard that a test speaks for.
final class ServerScene {
    let bench: RelayBench<ServerRelay>
    let statistics: ServerStatistics
    let second: Int64 = 1_000_000_000

    init(_ limits: SessionLimits = ServerScene.limits(), key: PublicKey? = nil, upstreams: UInt16 = 8) {
        let statistics = ServerStatistics(limits)
        self.statistics = statistics
        bench = RelayBench { counters, events in
            var random = SeededGenerator(seed: 5)
            return ServerRelay(
                counters: counters, statistics: statistics, events: events, limits: limits,
                verifier: key.map(InitiationVerifier.init), random: &random)
        }
        bench.attach(0, .listen)
        for slot in 1..<upstreams + 1 { bench.attach(slot, .upstream) }
    }

    static func limits(sessions: Int = 4, pathsPerSession: Int = 4, paths: Int = 16) -> SessionLimits {
        SessionLimits(
            maxSessions: sessions, maxPathsPerSession: pathsPerSession, maxPaths: paths,
            pathTimeoutNanoseconds: 30_000_000_000)
    }

    /// A client's copy arrives; what goes to WireGuard, with the slot.
    func up(_ path: Int, _ datagram: [UInt8], at now: Int64) -> [UInt16] {
        bench.arrive(0, [datagram], from: ServerScene.path(path))
        let sent = bench.turn(at: now)
        #expect(sent.allSatisfy { $0.datagrams == [datagram] && $0.destination.kernelFamily == 0 })
        return sent.map(\.slot)
    }

    /// WireGuard says something on a socket; the paths it goes to.
    func down(_ slot: UInt16, _ datagram: [UInt8], at now: Int64) -> Set<Int> {
        bench.arrive(slot, [datagram])
        let sent = bench.turn(at: now)
        #expect(sent.allSatisfy { $0.datagrams == [datagram] && $0.slot == 0 })
        let paths = sent.map { sent in (1...250).first { ServerScene.path($0) == sent.destination }! }
        #expect(Set(paths).count == paths.count, "a path is sent a datagram once")
        return Set(paths)
    }

    static func path(_ number: Int) -> SocketAddress { address("192.0.2.\(number)", 40_000) }

    /// A client whose paths have shaken hands and are proven; returns its upstream slot.
    func client(_ paths: [Int], index: UInt32, at now: Int64 = 1_000) -> UInt16 {
        var slot: UInt16 = 0
        for path in paths {
            let slots = up(path, WireGuardDatagram.initiation(index), at: now)
            if let first = slots.first { slot = first }
        }
        _ = down(slot, WireGuardDatagram.response(index + 1000, to: index), at: now)
        for counter in 0..<2 as Range<UInt64> {
            let later = now + 10 + Int64(counter)
            for path in paths { _ = up(path, WireGuardDatagram.data(index + 1000, counter), at: later) }
        }
        #expect(down(slot, WireGuardDatagram.data(index, 0), at: now) == Set(paths))
        return slot
    }
}
