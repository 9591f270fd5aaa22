// SPDX-License-Identifier: GPL-2.0-or-later

/// Carries a plan out: every variant at every case, the variants side by side in time.
package struct Campaign {
    package let plan: Plan
    package let variants: [Variant]
    /// The variants the tunnel is measured for.
    package let tunnelled: [Variant]
    /// The variants whose loops' allocations are counted.
    package let counted: [Variant]
    /// Where the results are written as they come, so that a run that is broken off leaves what it has.
    package let path: String
    private let progress = Progress()

    package init(plan: Plan, variants: [Variant], tunnelled: [Variant], path: String) {
        self.plan = plan
        self.variants = variants
        self.tunnelled = tunnelled
        counted = variants.filter { $0.isOurs && $0.scope != .loads }
        self.path = path
    }

    package func run(_ bench: Bench) throws -> Results {
        var results = Results(
            machine: Machine(bench.cores), cores: bench.cores, window: bench.window,
            variants: variants.map(\.name))
        print(results.machine.text)
        print("relays on core \(bench.cores.relayList), load and sink on core \(bench.cores.load)")
        let everywhere = variants.filter { $0.scope == .everywhere }
        for (number, at) in plan.cases.enumerated() {
            let present = plan.present(variants, at: at)
            for repetition in 0..<plan.repetitions {
                // Who goes first changes, so that whatever drifts hits everyone alike.
                for index in present.indices {
                    let variant = present[(index + repetition) % present.count]
                    progress.show(
                        "case \(number + 1)/\(plan.cases.count), repetition \(repetition + 1)/\(plan.repetitions): "
                            + "\(variant.name), \(at)")
                    try attempt(&results, "\(variant.name), \(at)") {
                        $0.runs.append(
                            try bench.measure(variant, at, repetition: repetition, seconds: plan.seconds(at)))
                    }
                }
            }
            progress.clear()
            print(Report.table(results, at))
            try ResultsFile.write(results, to: path)
        }
        for repetition in 0..<plan.overloads {
            for variant in everywhere {
                progress.show("overload \(repetition + 1)/\(plan.overloads): \(variant.name)")
                try attempt(&results, "overload, \(variant.name)") {
                    $0.overloads.append(
                        try bench.overload(variant, repetition: repetition, seconds: plan.seconds))
                }
            }
        }
        for variant in everywhere where plan.linkEvents > 0 {
            for source in ["netlink", "polling"] {
                progress.show("link events: \(variant.name), \(source)")
                try measureLinkEvents(&results, bench, variant, source)
            }
        }
        for variant in counted where plan.countedDatagrams > 0 {
            progress.show("allocations: \(variant.name)")
            try attempt(&results, "allocations, \(variant.name)") {
                $0.allocations = ($0.allocations ?? [])
                    + [try bench.allocations(variant, datagrams: plan.countedDatagrams)]
            }
        }
        for repetition in 0..<plan.tunnels {
            var straight: StraightTunnel?
            for index in tunnelled.indices {
                let variant = tunnelled[(index + repetition) % tunnelled.count]
                progress.show("tunnel \(repetition + 1)/\(plan.tunnels): \(variant.name)")
                try attempt(&results, "tunnel, \(variant.name)") {
                    let before = try straight ?? bench.straightTunnel(seconds: plan.tunnelSeconds)
                    straight = before
                    $0.tunnels.append(
                        try bench.tunnel(
                            variant, repetition: repetition, straight: before, seconds: plan.tunnelSeconds))
                }
            }
        }
        progress.clear()
        try ResultsFile.write(results, to: path)
        return results
    }

    /// A measurement that fails is a note, not the end of the others.
    private func attempt(_ results: inout Results, _ what: String, _ body: (inout Results) throws -> Void)
        throws
    {
        do {
            try body(&results)
        } catch {
            progress.clear()
            let note = "\(what): \(error)"
            print(note)
            results.notes.append(note)
        }
    }

    private func measureLinkEvents(
        _ results: inout Results, _ bench: Bench, _ variant: Variant, _ source: String
    ) throws {
        guard source == "netlink" || variant.knowsLinkSource else {
            results.notes.append(
                "link events, \(variant.name), \(source): its client has no option --link-source")
            return
        }
        try attempt(&results, "link events, \(variant.name), \(source)") {
            $0.linkEvents += try bench.linkEvents(
                variant.knowsLinkSource ? variant.watchingLinks(by: source) : variant, source: source,
                count: plan.linkEvents)
        }
    }
}
