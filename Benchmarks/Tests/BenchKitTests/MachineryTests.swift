// SPDX-License-Identifier: GPL-2.0-or-later

import CBench
import Support
import Testing
import Timing

@testable import BenchKit

/// The bench itself at a small size, with the simplest relay: that its figures are right, not how large they
/// are.
@Suite(
    .serialized,
    .enabled(if: Privileges.obstacle == nil, Comment(rawValue: "skipped: \(Privileges.obstacle ?? "")")),
    .enabled(if: (try? Cores.available()) != nil, "skipped: needs two cores"))
struct MachineryTests {
    private let variant = Variant.oneCall(in: Environment.executableFolder)

    /// All on one thread: the bench pins it, and lets go of it at its end.
    private func onOneCorePerSide(_ body: (Bench) throws -> Void) throws {
        try body(try Bench(cores: try Cores.available()))
    }

    @Test(arguments: Direction.allCases)
    func countsEveryDatagramOnce(direction: Direction) throws {
        try onOneCorePerSide { bench in
            let at = Case(links: 3, size: 1_200, load: .rate(1_000), direction: direction)
            let run = try bench.measure(variant, at, seconds: 0.5)
            #expect(run.flows.map(\.direction) == direction.flows)
            for flow in run.flows {
                #expect(flow.sent > 0 && flow.lost == 0 && flow.strange == 0 && flow.refused == 0)
                // Three links, nobody removes duplicates: two for each that was offered, but for the last ones before
                // the mark.
                #expect(Double(flow.duplicates) >= 2 * flow.offeredPerSecond * run.seconds - 60)
                #expect(flow.p50 > 0 && flow.p50 <= flow.p99 && flow.p99 <= flow.maximum)
            }
            #expect(run.client.peakKibibytes > 0 && run.server.peakKibibytes > 0)
            let perSend = try #require(run.client.datagramsPerSend)
            #expect(perSend > 0.9 && perSend < 1.1, "one call a copy is one datagram a send")
            // poll, recvfrom, three sends, and the recvfrom that finds nothing.
            if let calls = run.client.systemCalls, direction == .up { #expect(calls > 4 && calls < 7) }
        }
    }

    @Test func fullLoadIsDelivered() throws {
        try onOneCorePerSide { bench in
            let at = Case(links: 1, size: 148, load: .full, direction: .up)
            let run = try bench.measure(variant, at, seconds: 0.3, counting: 0)
            #expect(run.delivered > 0 && run.flows[0].strange == 0)
            #expect(run.client.cpu ?? 0 > 0 && run.client.systemCalls == nil)
        }
    }

    @Test func floodLosesAndIsCountedAsLost() throws {
        try onOneCorePerSide { bench in
            let at = Case(links: 1, size: 1_420, load: .flood, direction: .up)
            let run = try bench.measure(variant, at, seconds: 0.2, warmUp: 0.05, counting: 0)
            #expect(run.lost > 0 && run.flows[0].unique > 0 && run.flows[0].strange == 0)
        }
    }

    @Test(.timing, .onlyWhenTiming) func timingOfLinkEvents() throws { try seesALinkGoAndComeBack() }

    @Test func seesALinkGoAndComeBack() throws {
        try onOneCorePerSide { bench in
            let events = try bench.linkEvents(variant, source: "netlink", count: 1)
            #expect(events.count == 1 && events[0].firstCopy > 0)
            guard Timing.isWanted else { return }
            #expect(events[0].lastCopy < 100 && events[0].firstCopy < 1_000)
            // It never learns of links, so it tries until nobody looks any more: the counter does count.
            #expect(events[0].lastTry > 2_500)
        }
    }

    /// engarde's own: WireGuard is told each datagram once, over all links, from the first datagram of the load on.
    @Test(arguments: ["polling", "io_uring"], Direction.allCases)
    func sessionsDeliverEachDatagramOnce(engine: String, direction: Direction) throws {
        try onOneCorePerSide { bench in
            let at = Case(links: 3, size: 1_200, load: .rate(1_000), direction: direction)
            let run = try bench.measure(.engarde(engine, in: Environment.executableFolder), at, seconds: 0.5)
            #expect(run.flows.map(\.direction) == direction.flows)
            for flow in run.flows {
                #expect(flow.sent > 0 && flow.lost == 0 && flow.strange == 0 && flow.duplicates == 0)
            }
        }
    }

    @Test func opaqueDeliversEveryCopy() throws {
        try onOneCorePerSide { bench in
            let variant = Variant.engarde("polling", in: Environment.executableFolder).opaque(.everywhere)
            let at = Case(links: 3, size: 1_200, load: .rate(1_000), direction: .both)
            let run = try bench.measure(variant, at, seconds: 0.5, counting: 0)
            for flow in run.flows {
                #expect(flow.lost == 0 && flow.strange == 0)
                #expect(Double(flow.duplicates) >= 2 * flow.offeredPerSecond * run.seconds - 60)
            }
        }
    }

    @Test(arguments: Variant.Knob.allCases)
    func aTurnedKnobStillRelays(knob: Variant.Knob) throws {
        try onOneCorePerSide { bench in
            let variant = Variant.engarde("io_uring", in: Environment.executableFolder).tuned(knob, cores: bench.cores)
            let at = Case(links: 1, size: 148, load: .rate(100), direction: .up)
            let run = try bench.measure(variant, at, seconds: 0.3, counting: 0)
            #expect(run.flows[0].unique > 0 && run.flows[0].strange == 0)
        }
    }

    /// Every path must be trusted before it is measured: down, a link takes what no handshake has earned it.
    @Test func pathsAreProvenBeforeTheLoad() throws {
        try onOneCorePerSide { bench in
            let laboratory = try bench.laboratory(links: 3)
            let relays = try Relays(.engarde("polling", in: Environment.executableFolder), in: laboratory, cores: bench.cores)
            defer { relays.stop() }
            let ends = try Ends(laboratory)
            try ends.shakeHands(laboratory, relays)
            let before = try laboratory.client.received()
            let flow = Flow()
            ends.aim(flow, .down)
            flow.state.size = 1_200
            flow.state.rate = 1_000
            Flow.begin([flow])
            Flow.run([flow], seconds: 0.2)
            Flow.run([flow], seconds: 10, sends: false)
            let after = try laboratory.client.received()
            for link in laboratory.links {
                let bytes = (after[link.name]?.bytes ?? 0) - (before[link.name]?.bytes ?? 0)
                #expect(bytes >= Int(flow.sent) * 1_200)
            }
        }
    }

    @Test(.enabled(if: AllocationCounter.obstacle == nil, "skipped: allocations cannot be counted here"))
    func theAllocationCounterFindsEachAllocation() throws {
        let counter = try AllocationCounter(thread: cbench_thread())
        let before = counter.count
        for _ in 0..<1_000 { cbench_allocate() }
        #expect(counter.count - before >= 1_000)
    }

    /// The optimised programs' folder is in ENGARDE_PROGRAMS.
    @Test(
        .enabled(if: AllocationCounter.obstacle == nil, "skipped: allocations cannot be counted here"),
        .enabled(if: Environment.value("ENGARDE_PROGRAMS") != nil, "skipped: ENGARDE_PROGRAMS names no optimised programs"),
        arguments: ["polling", "io_uring"], Variant.TrafficProtocol.allCases)
    func theLoopDoesNotAllocateInAMillionDatagrams(engine: String, traffic: Variant.TrafficProtocol) throws {
        let ours = Variant.engarde(engine, in: try #require(Environment.value("ENGARDE_PROGRAMS")))
        try onOneCorePerSide { bench in
            let count = try bench.allocations(traffic == .opaque ? ours.opaque(.everywhere) : ours, datagrams: 1_000_000)
            #expect(count.datagrams >= 1_000_000 && count.client == 0 && count.server == 0)
        }
    }

    /// engarde's own, by their names alone.
    @Test func aPairWithoutAFileRelays() throws {
        try onOneCorePerSide { bench in
            let folder = Environment.executableFolder
            let pair = Variant.pair(name: "own", client: "\(folder)/engarde client", server: "\(folder)/engarde server")
            let run = try bench.measure(
                pair, Case(links: 1, size: 148, load: .rate(100), direction: .up), seconds: 0.3, counting: 0)
            #expect(run.flows[0].unique > 0 && run.flows[0].lost == 0)
        }
    }

    /// Somebody else's pair, from its own file: here one that ends at once, which must be said.
    @Test func aPairThatDoesNotStartIsReported() throws {
        try onOneCorePerSide { bench in
            let other = Variant(name: "other", client: ["false"], server: ["sleep", "600"])
            #expect(throws: LaboratoryFailure.self) {
                try bench.measure(
                    other, Case(links: 1, size: 148, load: .rate(100), direction: .up), seconds: 0.1)
            }
        }
    }
}
