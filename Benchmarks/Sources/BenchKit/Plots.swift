// SPDX-License-Identifier: GPL-2.0-or-later

internal import Support

/// The pictures of a campaign.
package enum Plots {
    /// Writes what the results have data for into `folder` and returns the files' names.
    package static func write(_ results: Results, to folder: String) throws -> [String] {
        var names: [String] = []
        for (name, chart) in charts(results) where chart.groups.contains(where: { !$0.bars.isEmpty }) {
            try writeText(chart.svg, to: "\(folder)/\(name).svg")
            names.append("\(name).svg")
        }
        return names
    }

    static func charts(_ results: Results) -> [(name: String, chart: BarChart)] {
        let point = "\(Plan.links) links, \(Plan.size) bytes"
        func at(
            _ load: Load, _ direction: Direction = .up, links: Int = Plan.links, size: Int = Plan.size
        ) -> Case {
            Case(links: links, size: size, load: load, direction: direction)
        }
        let ring = "io_uring"
        let opaque = ["polling", ring].map(Variant.opaqueName)
        let tuned = Variant.Knob.allCases.map { Variant.tunedName(ring, $0) }
        let main = results.variants.filter { !opaque.contains($0) && !tuned.contains($0) }
        func chart(
            _ title: String, _ unit: String, _ cases: [(String, Case)], of some: [String]? = nil,
            _ figure: (Run) -> Double?
        ) -> BarChart {
            let variants = (some ?? main).filter(results.variants.contains)
            return BarChart(
                title: title, unit: unit, series: variants,
                groups: cases.compactMap { label, at in
                    let bars = variants.indices.compactMap { index in
                        results.spread(variants[index], at, figure).map {
                            BarChart.Bar(series: index, spread: $0)
                        }
                    }
                    return bars.isEmpty ? nil : BarChart.Group(label: label, bars: bars)
                })
        }
        let rates = [("2,000/s", at(.rate(2_000))), ("20,000/s", at(.rate(20_000)))]
        return [
            (
                "delivered",
                chart(
                    "Delivered at full load, \(point)", "datagrams/s, each once",
                    Direction.allCases.map { ($0.rawValue, at(.full, $0)) }
                ) { $0.delivered }
            ),
            (
                "delivered-by-size",
                chart(
                    "Delivered at full load by datagram size, \(Plan.links) links, up",
                    "datagrams/s, each once",
                    [148, 512, 1_200, 1_420].map { ("\($0) bytes", at(.full, size: $0)) }
                ) { $0.delivered }
            ),
            (
                "delivered-by-links",
                chart(
                    "Delivered at full load by links, \(Plan.size) bytes, up", "datagrams/s, each once",
                    [1, 3, 8].map { ("\($0) links", at(.full, links: $0)) }
                ) { $0.delivered }
            ),
            ("delay-p99", chart("One-way delay, 99 % below, \(point), up", "microseconds", rates) { $0.p99 }),
            (
                "sessions",
                chart(
                    "What sessions and the window cost, full load, \(Plan.size) bytes", "datagrams/s, each once",
                    [1, 3, 8].flatMap { links in
                        [Direction.up, .down].map { ("\(links) \($0.rawValue)", at(.full, $0, links: links)) }
                    }, of: ["polling", Variant.opaqueName("polling"), ring, Variant.opaqueName(ring)]
                ) { $0.delivered }
            ),
            (
                "tuning-delay-p99",
                chart("Knobs: one-way delay, 99 % below, \(point), up", "microseconds", rates, of: [ring] + tuned) {
                    $0.p99
                }
            ),
            (
                "tuning-cpu",
                chart(
                    "Knobs: processor time a datagram, client and server, \(point), up", "nanoseconds",
                    rates + [("full", at(.full))], of: [ring] + tuned
                ) { $0.cpu }
            ),
            (
                "cpu",
                chart(
                    "Processor time a datagram, client and server, \(point), up", "nanoseconds",
                    rates + [("full", at(.full))]
                ) { $0.cpu }
            ),
        ]
    }
}
