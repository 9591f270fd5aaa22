// SPDX-License-Identifier: GPL-2.0-or-later

internal import Support

/// Results as text for a terminal.
package enum Report {
    /// Figures of one case, a line a variant; medians with least and most of the repetitions.
    package static func table(_ results: Results, _ at: Case) -> String {
        var lines = ["", "\(at)", head]
        for variant in results.variants {
            guard let delivered = results.spread(variant, at, { $0.delivered }) else { continue }
            func figure(_ digits: Int, _ value: (Run) -> Double?) -> String {
                results.spread(variant, at, value).map { fixed($0.median, digits) } ?? "-"
            }
            func both(_ digits: Int, _ value: (RelayFigures) -> Double?) -> String {
                "\(figure(digits) { value($0.client) })/\(figure(digits) { value($0.server) })"
            }
            let ratio = results.ratio(variant, at, by: Variant.oneCallName) { $0.delivered }
            lines.append(
                line([
                    variant, delivered.text(0), ratio.map { fixed($0.median, 2) } ?? "-",
                    figure(2) { $0.lostShare * 100 }, figure(0) { $0.p50 }, figure(0) { $0.p99 },
                    figure(0) { $0.p999 },
                    both(0) { $0.cpu }, both(0) { $0.user }, both(3) { $0.systemCalls },
                    both(1) { $0.datagramsPerSend },
                    both(1) { Double($0.peakKibibytes) / 1_024 },
                ]))
            let strange = results.runs(variant, at).flatMap(\.flows).reduce(0) { $0 + $1.strange }
            if strange > 0 { lines.append("  \(variant) delivered \(strange) datagrams that nobody sent") }
        }
        return lines.joined(separator: "\n")
    }

    /// Overload, link events and the tunnel.
    package static func extras(_ results: Results) -> String {
        var lines: [String] = []
        for variant in results.variants {
            let runs = results.overloads.filter { $0.variant == variant }
            guard let share = Spread(runs.map(\.share)),
                let offered = Spread(runs.map { $0.offered / $0.best })
            else {
                continue
            }
            if lines.isEmpty { lines += ["", "overload: delivered, as a share of the best rate"] }
            lines.append(
                "  \(padded(variant, 18, left: true))  \(share.text(2)) at \(fixed(offered.median, 1)) x the best rate"
            )
        }
        var events: [String] = []
        for event in results.linkEvents where !events.contains("\(event.variant), \(event.source)") {
            events.append("\(event.variant), \(event.source)")
        }
        if !events.isEmpty { lines += ["", "a link goes and comes back, ms: median (least-most)"] }
        for name in events {
            let runs = results.linkEvents.filter { "\($0.variant), \($0.source)" == name }
            func figure(_ value: (LinkEvent) -> Double) -> String { Spread(runs.map(value))?.text(1) ?? "-" }
            lines.append(
                "  \(padded(name, 26, left: true))  down -> last copy \(figure(\.lastCopy)), last try "
                    + "\(figure(\.lastTry)); up -> first copy \(figure(\.firstCopy)), of which address and route "
                    + "\(figure(\.configured))")
        }
        for variant in results.variants {
            let runs = results.tunnels.filter { $0.variant == variant }
            guard let first = runs.first, let share = Spread(runs.map(\.share)),
                let straight = Spread(runs.map(\.straight)), let relayed = Spread(runs.map(\.relayed))
            else { continue }
            lines += [
                "",
                "iperf3 TCP through \(first.kind): straight \(straight.text(0)) Mbit/s, through \(variant) over "
                    + "\(Plan.links) links \(relayed.text(0)) Mbit/s, share \(share.text(2))",
            ]
        }
        let counts = results.allocations ?? []
        if !counts.isEmpty { lines += ["", "allocations of the data plane's thread, client/server"] }
        for count in counts {
            lines.append(
                "  \(padded(count.variant, 18, left: true))  \(count.client)/\(count.server) in "
                    + "\(BarChart.grouped(Double(count.datagrams))) datagrams")
        }
        if !results.notes.isEmpty { lines += ["", "not measured:"] + results.notes.map { "  \($0)" } }
        return lines.joined(separator: "\n")
    }

    /// The requirements, each with what was measured.
    package static func goals(_ results: Results) -> String {
        var lines = [
            "", "what it must reach (\(Plan.links) links, \(Plan.size) bytes; median (least-most))",
            "  \(padded("", 62, left: true))\(padded("wanted", 14))  \(padded("measured", 24))",
        ]
        for goal in Goal.all(results) {
            let verdict = goal.isReached.map { $0 ? "reached" : "NOT REACHED" } ?? "not measured here"
            lines.append(
                "  \(padded(goal.name, 62, left: true))\(padded(goal.wanted, 14))  "
                    + "\(padded(goal.measured ?? "-", 24))  \(verdict)")
        }
        return lines.joined(separator: "\n")
    }

    private static let widths = [20, 26, 7, 7, 7, 7, 8, 13, 13, 13, 11, 11]

    private static var head: String {
        line([
            "", "delivered/s", "x 1call", "lost %", "p50 us", "p99", "p99.9", "CPU ns c/s", "user ns c/s",
            "calls c/s", "dg/send c/s", "MiB c/s",
        ])
    }

    private static func line(_ cells: [String]) -> String {
        zip(cells, widths).enumerated().map { padded($1.0, $1.1, left: $0 == 0) }.joined(separator: "  ")
    }
}
