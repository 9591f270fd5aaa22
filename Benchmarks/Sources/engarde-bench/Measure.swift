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
            59501 and sends to 127.0.0.1:51820. A file in engarde's format is appended to a command that names no \
            file, or stands where you write {file}.
            """)

    @Flag(help: "What the requirements are stated on, in under two minutes, instead of the whole matrix.")
    var quick = false

    @Option(help: "Variants, comma-separated: one-call-per-copy, polling, io_uring.")
    var engines = "one-call-per-copy,polling,io_uring"

    @Option(
        help: """
            What our engines know of the traffic, comma-separated: wireguard, opaque. Named, each is measured at every \
            case; by default opaque is measured where it is compared.
            """)
    var protocols: String?

    @Option(
        help: """
            Knobs of io_uring to measure beside it, comma-separated: processor, busy-poll, submission; none. Default: all \
            of them, with --quick none.
            """)
    var tuning: String?

    @Flag(
        help: """
            Only count what the loops of the programs allocate while 1,000,000 datagrams pass; fail when it is anything.
            """)
    var checkAllocations = false

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

    @Flag(help: "Only the matrix: no overload, link events, allocations and tunnel.")
    var matrixOnly = false

    @Option(help: "The cores for the relays, comma-separated. Default: one.")
    var relayCore: String?

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
        let cores = try cores()
        let own = try variants(cores)
        let plan = try plan()
        let bench = try Bench(cores: cores, window: window)
        if checkAllocations { return try check(bench, own.filter { $0.isOurs }) }
        try Support.run(["mkdir", "-p", output])
        let path = "\(output)/results.json"
        let results = try Campaign(
            plan: plan, variants: own, tunnelled: own.filter {
                ["io_uring", Variant.opaqueName("io_uring"), name].contains($0.name)
            },
            path: path
        ).run(bench)
        print(Report.extras(results))
        print(Report.goals(results))
        let plots = try Plots.write(results, to: output)
        print("\nwritten: \(path) and \(plots.joined(separator: " "))")
        Cleanup.runAll()
    }

    /// Says what the loops of these variants allocate.
    private func check(_ bench: Bench, _ variants: [Variant]) throws {
        var isNone = true
        for variant in variants {
            let count = try bench.allocations(variant, datagrams: 1_000_000)
            print(
                "\(variant.name): client \(count.client), server \(count.server) allocations in \(count.datagrams) datagrams")
            isNone = isNone && count.isNone
        }
        Cleanup.runAll()
        if !isNone { throw ExitCode.failure }
    }

    private func cores() throws -> Cores {
        let relays = try (relayCore ?? "").split(separator: ",").map { word in
            guard let core = Int(word) else { throw ValidationError("--relay-core: \(word) is no core") }
            return core
        }
        if let first = relays.first, let loadCore {
            return Cores(relays: first, load: loadCore, more: Array(relays.dropFirst()))
        }
        let found = try Cores.available()
        return Cores(relays: relays.first ?? found.relays, load: loadCore ?? found.load, more: Array(relays.dropFirst()))
    }

    /// The words of a list, each as a value; nil when there is none.
    private func words<Value>(_ list: String?, _ option: String, _ parse: (String) -> Value?) throws -> [Value]? {
        try list.map { list in
            try list.split(separator: ",").map { word in
                guard let value = parse(String(word)) else { throw ValidationError("\(option): \(word) is none") }
                return value
            }
        }
    }

    private func variants(_ cores: Cores) throws -> [Variant] {
        let named = try words(protocols, "--protocols") { Variant.TrafficProtocol(rawValue: $0) }
        let knobs =
            try tuning == "none" ? [] : words(tuning, "--tuning") { Variant.Knob(rawValue: $0) }
            ?? (quick || checkAllocations ? [] : Variant.Knob.allCases)
        var variants: [Variant] = []
        for engine in engines.split(separator: ",").map(String.init) {
            switch engine {
            case Variant.oneCallName: variants.append(Variant.oneCall(in: programs))
            case "polling", "io_uring":
                let ours = Variant.engarde(engine, in: programs)
                if named?.contains(.wireguard) ?? true { variants.append(ours) }
                // The shorter run compares what the requirements compare.
                if named?.contains(.opaque) ?? (engine == "io_uring" || !quick) {
                    variants.append(ours.opaque(named == nil ? .fullLoad : .everywhere))
                }
                if engine == "io_uring" { variants += knobs.map { ours.tuned($0, cores: cores) } }
            default:
                throw ValidationError(
                    "--engines: \(engine) is not one of one-call-per-copy, polling, io_uring")
            }
        }
        if let client, let server {
            variants.append(Variant.pair(name: name, client: client, server: server))
        }
        return variants
    }

    private func plan() throws -> Plan {
        var plan = quick ? Plan.quick : Plan.full
        func keep<Value: Hashable>(
            _ words: String?, _ option: String, _ value: KeyPath<Case, Value>, _ parse: (String) -> Value?
        ) throws {
            guard let wanted = try self.words(words, option, parse) else { return }
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
            plan.countedDatagrams = 0
        }
        guard !plan.cases.isEmpty, plan.repetitions > 0, plan.seconds > 0, window > 0 else {
            throw ValidationError("nothing is left to measure")
        }
        return plan
    }
}
