// SPDX-License-Identifier: GPL-2.0-or-later

/// Everything one campaign measured. Its JSON form is described in Benchmarks/README.md.
package struct Results: Codable, Sendable {
    /// Raised whenever the meaning of a field changes.
    package static let schemaNow = 1

    package var schema = Results.schemaNow
    package var machine: Machine
    package var cores: Cores
    /// Names, in the order they are printed and drawn.
    package var variants: [String]
    /// Datagrams under way at full load.
    package var window: Int
    package var runs: [Run] = []
    package var overloads: [OverloadRun] = []
    package var linkEvents: [LinkEvent] = []
    package var tunnels: [TunnelRun] = []
    /// nil in files from before it was counted.
    package var allocations: [AllocationCount]?
    /// What could not be measured, and why.
    package var notes: [String] = []

    package init(machine: Machine, cores: Cores, window: Int, variants: [String]) {
        self.machine = machine
        self.cores = cores
        self.window = window
        self.variants = variants
    }

    /// The points of the matrix, in the order they were first measured.
    package var cases: [Case] {
        var seen: Set<Case> = []
        return runs.map(\.at).filter { seen.insert($0).inserted }
    }

    /// A figure of one variant's tunnels by another's, repetition by repetition.
    package func tunnelRatio(_ variant: String, by other: String, _ figure: (TunnelRun) -> Double) -> Spread? {
        Spread(
            tunnels.filter { $0.variant == variant }.map { run in
                guard let match = tunnels.first(where: { $0.variant == other && $0.repetition == run.repetition })
                else { return .nan }
                return figure(run) / figure(match)
            })
    }

    package func runs(_ variant: String, _ at: Case) -> [Run] {
        runs.filter { $0.variant == variant && $0.at == at }
    }

    package func spread(_ variant: String, _ at: Case, _ figure: (Run) -> Double?) -> Spread? {
        Spread(runs(variant, at).map { figure($0) ?? .nan })
    }

    /// A figure of one variant by the same figure of another, repetition by repetition: the two ran side by
    /// side.
    package func ratio(
        _ variant: String, _ at: Case, by other: String, _ otherAt: Case? = nil, _ figure: (Run) -> Double?
    ) -> Spread? {
        let others = runs(other, otherAt ?? at)
        return Spread(
            runs(variant, at).map { run in
                guard let match = others.first(where: { $0.repetition == run.repetition }),
                    let value = figure(run),
                    let base = figure(match), base > 0
                else { return .nan }
                return value / base
            })
    }
}
