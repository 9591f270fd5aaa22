// SPDX-License-Identifier: GPL-2.0-or-later

internal import Support

/// A row of "What it must reach", and what was measured for it.
package struct Goal: Sendable {
    package let name: String
    /// What is wanted, in words.
    package let wanted: String
    /// What was measured; nil when this campaign did not measure it.
    package let measured: String?
    package let isReached: Bool?

    private init(_ name: String, _ wanted: String, _ measured: String?, _ isReached: Bool?) {
        self.name = name
        self.wanted = wanted
        self.measured = measured
        self.isReached = isReached
    }

    private static func atLeast(_ name: String, _ limit: Double, _ spread: Spread?, _ unit: String = " x")
        -> Goal
    {
        Goal(
            name, ">= \(fixed(limit, 2))", spread.map { $0.text(2) + unit }, spread.map { $0.median >= limit }
        )
    }

    private static func atMost(
        _ name: String, _ limit: Double, _ spread: Spread?, _ unit: String = " x", digits: Int = 2
    ) -> Goal {
        Goal(
            name, "<= \(fixed(limit, 2))", spread.map { $0.text(digits) + unit },
            spread.map { $0.median <= limit })
    }

    /// All rows. Judged by the median of the repetitions; ratios are made repetition by repetition.
    package static func all(_ results: Results) -> [Goal] {
        let ring = "io_uring"
        let polling = "polling"
        let oneCall = Variant.oneCallName
        func at(_ load: Load, _ direction: Direction = .up, links: Int = Plan.links) -> Case {
            Case(links: links, size: Plan.size, load: load, direction: direction)
        }
        let perDatagram = { (run: Run) -> Double? in
            guard let client = run.client.systemCalls, let server = run.server.systemCalls else { return nil }
            // The requirement is a relay's: the worse of the two.
            return max(client, server)
        }
        let opaque = Variant.opaqueName(ring)
        func sessions(_ at: Case) -> Spread? { results.ratio(ring, at, by: opaque) { $0.delivered } }
        let overloads = results.overloads.filter { $0.variant == ring }
        return [
            atLeast(
                "io_uring / one-call-per-copy, delivered, full, up", 6.5,
                results.ratio(ring, at(.full), by: oneCall) { $0.delivered }),
            atLeast(
                "io_uring / one-call-per-copy, delivered, full, down", 6.5,
                results.ratio(ring, at(.full, .down), by: oneCall) { $0.delivered }),
            atLeast(
                "io_uring / polling, delivered, full, up", 1,
                results.ratio(ring, at(.full), by: polling) { $0.delivered }),
            atLeast(
                "io_uring / polling, delivered, full, down", 1,
                results.ratio(ring, at(.full, .down), by: polling) { $0.delivered }),
            atMost(
                "io_uring / polling, CPU a datagram, 2,000/s", 1,
                results.ratio(ring, at(.rate(2_000)), by: polling) { $0.cpu }),
            atMost(
                "system calls a datagram, io_uring, 2,000/s", 1.2,
                results.spread(ring, at(.rate(2_000)), perDatagram), "", digits: 3),
            atMost(
                "system calls a datagram, io_uring, full", 0.05, results.spread(ring, at(.full), perDatagram),
                "",
                digits: 4),
            atMost(
                "io_uring / one-call-per-copy, one-way p99, 20,000/s", 0.5,
                results.ratio(ring, at(.rate(20_000)), by: oneCall) { $0.p99 }),
            atMost(
                "client CPU a datagram, 8 links / 1 link, io_uring, full", 4,
                results.ratio(ring, at(.full, links: 8), by: ring, at(.full, links: 1)) { $0.client.cpu }),
            atLeast(
                "delivered at 10 x the best rate / best rate, io_uring", 0.8, Spread(overloads.map(\.share)),
                Spread(overloads.map { $0.offered / $0.best }).map { " at \(fixed($0.median, 1)) x" } ?? ""),
            atLeast(
                "TCP, three links through engarde / straight", 0.7,
                Spread(results.tunnels.filter { $0.variant == ring }.map(\.share)), ""),
            atLeast("sessions and window / opaque, delivered, full, 1 link, up", 0.9, sessions(at(.full, links: 1))),
            atLeast("sessions and window / opaque, delivered, full, up", 0.9, sessions(at(.full))),
            atLeast("sessions and window / opaque, delivered, full, down", 0.9, sessions(at(.full, .down))),
            atLeast(
                "TCP, three links, sessions and window / opaque", 1,
                results.tunnelRatio(ring, by: opaque) { $0.relayed }),
            allocations(results.allocations ?? []),
            memory(
                results.runs.filter { $0.variant == ring }.map { Double($0.client.peakKibibytes) / 1_024 }),
        ]
    }

    private static func allocations(_ counts: [AllocationCount]) -> Goal {
        let name = "allocations on the loop after warm-up"
        guard let least = counts.map(\.datagrams).min() else { return Goal(name, "0", nil, nil) }
        let sum = counts.reduce(0) { $0 + $1.client + $1.server }
        return Goal(name, "0", "\(sum) in \(counts.count) x \(BarChart.grouped(Double(least)))", sum == 0)
    }

    /// A peak is judged by its worst run.
    private static func memory(_ mebibytes: [Double]) -> Goal {
        let spread = Spread(mebibytes)
        return Goal(
            "client memory, io_uring, peak resident", "<= 24.00 MiB", spread.map { $0.text(1) + " MiB" },
            spread.map { $0.most <= 24 })
    }
}
