// SPDX-License-Identifier: GPL-2.0-or-later

import ArgumentParser
import Host
import Setup

/// `engarde uninstall`
struct UninstallCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "uninstall",
        abstract: "Take back what engarde setup has done to this machine.",
        discussion: """
            Services are stopped and disabled, firewall rules, kernel settings and units taken back, and files that were \
            there before put back. Keys, clients and the configuration stay, for another setup, unless --purge is given. \
            The program itself goes with its package.
            """)

    @Flag(help: "Remove keys, clients and the configuration too.")
    var purge = false

    @OptionGroup var options: PlanOptions

    func run() async throws {
        try PlanOptions.needRoot("uninstall")
        let host = Host()
        let lock = try await options.lock()
        defer { withExtendedLifetime(lock) {} }
        let removal = Removal(host, purges: purge) { print("  \($0)") }
        let preview = try removal.preview()
        guard !preview.isEmpty else { return print("There is nothing that engarde setup has done.") }
        let interview = try Interview(saysYes: options.asksNothing, flags: "--purge")
        if options.dryRun || !options.yes { for line in preview { print("  \(line)") } }
        if options.dryRun { return }
        guard try interview.agrees("Take all this back?", given: nil, usual: options.yes, flag: "--yes") else {
            return print("  Nothing was changed.")
        }
        guard try await removal.carryOut() else {
            throw SetupFailure("not everything could be taken back; engarde uninstall tries the rest again")
        }
    }
}
