// SPDX-License-Identifier: GPL-2.0-or-later

import ArgumentParser
import Glibc
import Host
import Program
import Setup

/// The options of everything that changes the machine.
struct PlanOptions: ParsableArguments {
    @Flag(help: "Ask nothing: take the usual answers, and do it.")
    var yes = false

    @Flag(help: "Print each file with its changes and every command, and change nothing.")
    var dryRun = false

    /// True when nothing shall be asked.
    var asksNothing: Bool { yes || dryRun }

    func validate() throws {
        guard !(yes && dryRun) else { throw ValidationError("--yes and --dry-run do not go together") }
    }

    /// - Throws: for anybody but root.
    static func needRoot(_ command: String) throws {
        guard geteuid() == 0 else { throw SetupFailure("root is needed: sudo engarde \(command)") }
    }

    /// Keeps other setups away as long as what is returned lives.
    static func lock() async throws -> SetupLock { try await SetupLock(Host().files) { Program.writeError($0) } }

    /// As ``lock()``; nil for a dry run, which may look at any time.
    func lock() async throws -> SetupLock? { dryRun ? nil : try await Self.lock() }

    /// Shows a plan, asks, and carries it out.
    ///
    /// - Returns: false when it was not carried out, since nobody wanted it or it was only to be shown.
    func carryOut(_ plan: Plan, _ host: Host, _ interview: Interview) async throws -> Bool {
        let changes = try await plan.changes(host)
        if dryRun {
            for line in await PlanText(host).lines(changes) { print(line) }
            return false
        }
        guard !changes.isEmpty else {
            print("  Nothing to change.")
            return true
        }
        let record = try SetupRecord.read(host.files)
        for case .file(let file) in changes where host.files.exists(file.path) && record?.hasWritten(file.path) != true
        {
            print("  \(file.path) is there: it is replaced, and engarde uninstall puts it back")
        }
        for path in try plan.filesChangedByHand(host) {
            print("  \(path) was changed by hand: it is written anew, and a copy ending in .old kept")
        }
        let question = "Plan: \(Plan.summary(changes)). Write it?"
        guard try interview.agrees(question, given: nil, usual: true, flag: "--yes") else {
            print("  Nothing was changed.")
            return false
        }
        var application = try Application(host, role: plan.role) { print("  \($0)") }
        do {
            try await application.carryOut(plan)
        } catch {
            throw SetupFailure(
                "\(error)\nsetup is unfinished: run it again to complete it, or undo it by engarde uninstall")
        }
        return true
    }
}
