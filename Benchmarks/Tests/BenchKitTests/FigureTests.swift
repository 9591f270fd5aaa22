// SPDX-License-Identifier: GPL-2.0-or-later

import Support
import Testing

@testable import BenchKit

@Suite struct FigureTests {
    @Test(
        arguments: [
            ([3], 3), ([1, 2, 9], 2), ([4, 1, 3, 2], 2.5), ([1, .nan, 5, .infinity, 3], 3),
        ] as [([Double], Double)])
    func spread(values: [Double], median: Double) throws {
        let spread = try #require(Spread(values))
        #expect(spread.median == median)
        #expect(spread.least <= spread.median && spread.median <= spread.most)
    }

    @Test func nothingHasNoSpread() { #expect(Spread([]) == nil && Spread([.nan]) == nil) }

    @Test(arguments: [(0.3, 0.05), (1, 0.2), (4, 0.5), (6, 1), (44_000, 5_000), (310_000, 50_000)])
    func gridLines(most: Double, step: Double) { #expect(abs(BarChart.step(most) - step) < step / 1_000) }

    @Test(
        arguments: [(999, "999"), (1_000, "1,000"), (1_234_567, "1,234,567"), (0.25, "0.25")]
            as [(Double, String)])
    func thousands(value: Double, text: String) { #expect(BarChart.grouped(value) == text) }

    @Test func aChartIsWellFormed() throws {
        let spread = try #require(Spread([1, 2, 3]))
        let svg = BarChart(
            title: "a < b & c", unit: "x", series: ["one"],
            groups: [.init(label: "g", bars: [.init(series: 0, spread: spread)])]
        ).svg
        #expect(svg.hasPrefix("<svg ") && svg.hasSuffix("</svg>\n") && svg.contains("a &lt; b &amp; c"))
        #expect(!svg.contains("nan") && !svg.contains("inf"))
    }

    @Test func placeholders() {
        #expect(Variant.fill(["relay", "{file}", "-x"], file: "/a b", links: []) == ["relay", "/a b", "-x"])
    }

    @Test func knobsAndProtocolsStandInTheFile() {
        let engine = Variant.engarde("io_uring", in: "/p")
        #expect(engine.clientSettings.isEmpty && engine.scope == .everywhere && engine.isOurs)
        let opaque = engine.opaque(.fullLoad)
        #expect(opaque.name == "io_uring opaque" && opaque.isOurs && opaque.scope == .fullLoad)
        #expect(opaque.clientSettings == "  protocol: opaque\n" && opaque.serverSettings == opaque.clientSettings)
        let tuned = engine.tuned(.processor, cores: Cores(relays: 2, load: 1, more: [3]))
        #expect(tuned.name == "io_uring processor")
        #expect(tuned.clientSettings == "  tuning:\n    processor: 2\n")
        #expect(tuned.serverSettings == "  tuning:\n    processor: 3\n")
    }

    @Test func scopes() {
        func at(_ links: Int, _ size: Int, _ load: Load, _ direction: Direction) -> Case {
            Case(links: links, size: size, load: load, direction: direction)
        }
        for (at, everywhere, fullLoad, loads) in [
            (at(3, 1_200, .full, .up), true, true, true), (at(1, 1_200, .full, .down), true, true, false),
            (at(3, 1_200, .rate(2_000), .up), true, false, true), (at(3, 148, .full, .up), true, false, false),
        ] {
            #expect(Variant.Scope.everywhere.contains(at) == everywhere)
            #expect(Variant.Scope.fullLoad.contains(at) == fullLoad && Variant.Scope.loads.contains(at) == loads)
        }
    }

    @Test func aPairWithoutAFileIsGivenOne() throws {
        let folder = try TemporaryFolder()
        let own = try folder.write("client:\n", to: "own.yml")
        for (client, server, wanted) in [
            ("prog", "other", (["prog", "{file}"], ["other", "{file}"])),
            ("prog -e polling", "prog {file} -x", (["prog", "-e", "polling", "{file}"], ["prog", "{file}", "-x"])),
            ("prog \(own)", "prog", (["prog", own], ["prog", "{file}"])),
            ("prog \(folder.path)", "prog", (["prog", folder.path, "{file}"], ["prog", "{file}"])),
            ("relay 1 {links}", "relay 2", (["relay", "1", "{links}"], ["relay", "2"])),
        ] {
            let pair = Variant.pair(name: "a", client: client, server: server)
            #expect(pair.client == wanted.0 && pair.server == wanted.1)
        }
    }

    @Test func allocationsAreJudgedTogether() {
        let cores = Cores(relays: 0, load: 1)
        var results = Results(machine: Machine(cores), cores: cores, window: 1, variants: [])
        func isReached(_ counts: [(Int64, Int64)]) -> Bool? {
            results.allocations = counts.map {
                AllocationCount(variant: "a", datagrams: 1_000_000, client: $0.0, server: $0.1)
            }
            return Goal.all(results).first { $0.name.hasPrefix("allocations") }?.isReached
        }
        #expect(isReached([]) == nil && isReached([(0, 0), (0, 0)]) == true && isReached([(0, 0), (0, 1)]) == false)
    }

    @Test func requirementsWithoutMeasurementsAreNeitherReachedNorMissed() {
        let cores = Cores(relays: 0, load: 1)
        let results = Results(machine: Machine(cores), cores: cores, window: 1, variants: [])
        #expect(Goal.all(results).count == 17)
        #expect(Goal.all(results).allSatisfy { $0.isReached == nil && $0.measured == nil })
    }

    @Test func resultsSurviveTheirFile() throws {
        let folder = try TemporaryFolder()
        let cores = Cores(relays: 0, load: 1)
        var results = Results(machine: Machine(cores), cores: cores, window: 7, variants: ["a"])
        results.overloads = [
            OverloadRun(variant: "a", repetition: 0, best: 100, offered: .nan, delivered: 80)
        ]
        let path = "\(folder.path)/results.json"
        try ResultsFile.write(results, to: path)
        let read = try ResultsFile.read(path)
        #expect(read.window == 7 && read.overloads[0].share == 0.8 && read.overloads[0].offered.isNaN)
        #expect(throws: LaboratoryFailure.self) { try ResultsFile.read("\(folder.path)/none.json") }
    }
}
