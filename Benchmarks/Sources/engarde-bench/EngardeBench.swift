// SPDX-License-Identifier: GPL-2.0-or-later

import ArgumentParser

/// Puts engarde on the bench.
@main
struct EngardeBench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "engarde-bench",
        abstract: "Measures engarde's engines, and any compatible pair, in network namespaces of its own.",
        subcommands: [Measure.self, Judge.self], defaultSubcommand: Measure.self)
}
