// SPDX-License-Identifier: GPL-2.0-or-later

import ArgumentParser
import BenchKit
import Glibc
import Support

/// `engarde-bench [measure]`
struct Measure: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Measure (the default).",
        discussion: """
            A pair of your own: --client and --server are command lines, split at spaces. The client listens on \
            127.0.0.1:59401 and sends to 10.99.0.1:59501 over c1, c2, ... (10.1.N.1); the server listens on port \
            59501 and sends to 127.0.0.1:51820. Name your own file, or write {file} for one in engarde's format.
            """)

    @Flag(help: "What the requirements are stated on, in under two minutes, instead of the whole matrix.")
    var quick = false

    @Option(help: "Variants, comma-separated: one-call-per-copy, polling, io_uring.")
    var engines = "one-call-per-copy,polling,io_uring"

    @Option(help: "Another client's command line.")
    var client: String?

    @Option(help: "Another server's command line.")
    var server: String?

    @Option(help: "What the other pair is called.")
    var name = "other"

    @Option(help: "Only these link counts, comma-separated.")
    var links: String?

    @Option(help: "Only these datagram sizes in bytes, comma-separated.")
    var sizes: String?

    @Option(help: "Only these loads: datagrams a second, full or flood; comma-separated.")
    var loads: String?

    @Option(help: "Only these directions: up, down, both; comma-separated.")
    var directions: String?

    @Option(help: "Runs of every variant at every case.")
    var repetitions: Int?

    @Option(help: "Measured seconds a run.")
    var seconds: Double?

    @Option(help: "Datagrams under way at full load.")
    var window = Bench.windowDefault

    @Flag(help: "Only the matrix: no overload, link events and tunnel.")
    var matrixOnly = false

    @Option(help: "The core for the relays.")
    var relayCore: Int?

    @Option(help: "The core for load and sink.")
    var loadCore: Int?

    @Option(help: "Where the programs are. Default: beside this one.", completion: .directory)
    var programs = Environment.executableFolder

    @Option(help: "The folder for results.json and the plots.", completion: .directory)
    var output = "Benchmarks/results"

    func validate() throws {
        guard (client == nil) == (server == nil) else {
            throw ValidationError("--client and --server come together")
        }
    }

    func run() throws {
        // A reader that goes away must not keep us from cleaning up.
        signal(SIGPIPE, SIG_IGN)
        Leftovers.remove()
        if let obstacle = Privileges.obstacle { throw LaboratoryFailure("no bench here: \(obstacle)") }
        let own = try variants()
        let plan = try plan()
        let found = try Cores.available()
        let bench = try Bench(
            cores: Cores(relays: relayCore ?? found.relays, load: loadCore ?? found.load), window: window)
        try Support.run(["mkdir", "-p", output])
        let path = "\(output)/results.json"
        let results = try Campaign(
            plan: plan, variants: own, tunnelled: own.filter { ["io_uring", name].contains($0.name) },
            path: path
        ).run(bench)
        print(Report.extras(results))
        print(Report.goals(results))
        let plots = try Plots.write(results, to: output)
        print("\nwritten: \(path) and \(plots.joined(separator: " "))")
        Cleanup.runAll()
    }

    private func variants() throws -> [Variant] {
        var variants = try engines.split(separator: ",").map { engine in
            switch engine {
            case "one-call-per-copy": Variant.oneCall(in: programs)
            case "polling", "io_uring": Variant.engarde(String(engine), in: programs)
            default:
                throw ValidationError(
                    "--engines: \(engine) is not one of one-call-per-copy, polling, io_uring")
            }
        }
        if let client, let server {
            variants.append(
                Variant(
                    name: name, client: client.split(separator: " ").map(String.init),
                    server: server.split(separator: " ").map(String.init)))
        }
        return variants
    }

    private func plan() throws -> Plan {
        var plan = quick ? Plan.quick : Plan.full
        func keep<Value: Hashable>(
            _ words: String?, _ option: String, _ value: KeyPath<Case, Value>, _ parse: (String) -> Value?
        ) throws {
            guard let words else { return }
            let wanted = try words.split(separator: ",").map { word in
                guard let value = parse(String(word)) else {
                    throw ValidationError("\(option): \(word) is none")
                }
                return value
            }
            plan.cases.removeAll { !wanted.contains($0[keyPath: value]) }
        }
        try keep(links, "--links", \.links) { Int($0) }
        try keep(sizes, "--sizes", \.size) { Int($0) }
        if loads?.split(separator: ",").contains("flood") == true {
            plan.cases += plan.cases.filter { $0.load == .full }.map {
                Case(links: $0.links, size: $0.size, load: .flood, direction: $0.direction)
            }
        }
        try keep(loads, "--loads", \.load) { Load($0) }
        try keep(directions, "--directions", \.direction) { Direction(rawValue: $0) }
        if let repetitions { plan.repetitions = repetitions }
        if let seconds { plan.seconds = seconds }
        if matrixOnly {
            plan.overloads = 0
            plan.linkEvents = 0
            plan.tunnels = 0
        }
        guard !plan.cases.isEmpty, plan.repetitions > 0, plan.seconds > 0, window > 0 else {
            throw ValidationError("nothing is left to measure")
        }
        return plan
    }
}
