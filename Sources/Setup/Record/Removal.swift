// SPDX-License-Identifier: GPL-2.0-or-later

public import Host
internal import WireGuardWire

/// Takes back what setup has done to a machine.
public struct Removal {
    private let host: Host
    private let purges: Bool
    private let report: (String) -> Void

    /// - Parameter purges: also what holds keys and choices.
    public init(_ host: Host, purges: Bool, report: @escaping (String) -> Void) {
        self.host = host
        self.purges = purges
        self.report = report
    }

    /// What would be done, a line each, in order.
    public func preview() throws -> [String] {
        guard let record = try SetupRecord.read(host.files) else { return [] }
        return record.entries.reversed().filter(isTaken).map(words)
    }

    /// Takes everything back, last things first. What does not succeed is reported, and the rest is done nevertheless.
    ///
    /// - Returns: whether all succeeded. What did not is kept in the record, for another attempt.
    public func carryOut() async throws -> Bool {
        guard var record = try SetupRecord.read(host.files) else { return true }
        var failed: [SetupRecord.Entry] = []
        for (index, entry) in record.entries.enumerated().reversed() where isTaken(entry) {
            do {
                try await takeBack(entry)
                report("ok   \(words(entry))")
            } catch {
                report("FAIL \(words(entry)): \(error)")
                failed.append(entry)
            }
            // Not on the disk before it is done: done again it does no harm.
            if failed.last != entry {
                record.entries.remove(at: index)
                try record.write(host.files)
            }
        }
        if await host.run("systemctl", "daemon-reload").succeeded == false { report("warn systemctl daemon-reload failed") }
        guard record.entries.isEmpty else { return failed.isEmpty }
        try host.files.remove(Places.record)
        host.files.removeEmptyFolder(Places.state)
        return true
    }

    private func isTaken(_ entry: SetupRecord.Entry) -> Bool {
        if purges { return true }
        switch entry {
        case .file(let file): return !file.isKept
        case .folder(let path): return path != Places.folder && path != Places.clients
        case .setting, .command, .service: return true
        }
    }

    private func words(_ entry: SetupRecord.Entry) -> String {
        switch entry {
        case .folder(let path): "remove \(path) if it is empty"
        case .file(let file): file.before == nil ? "remove \(file.path)" : "put back \(file.path)"
        case .setting(let path, let before): "set \(path) to \(before) again"
        case .command(let undo): "\(undo)"
        case .service(let name): "stop and disable \(name)"
        }
    }

    private func takeBack(_ entry: SetupRecord.Entry) async throws {
        switch entry {
        case .folder(let path): host.files.removeEmptyFolder(path)
        case .file(let file):
            if let before = file.before {
                try host.files.write(before, to: file.path, mode: file.modeBefore ?? 0o644)
            } else {
                try host.files.remove(file.path)
            }
        case .setting(let path, let before):
            // The interface may be gone, and its settings with it.
            if host.files.exists(path) { try host.files.set(path, to: before) }
        case .command(let undo): try await run(undo)
        case .service(let name):
            try await run(Command("systemctl", "disable", "--quiet", "--now", name))
            _ = await host.run("systemctl", "reset-failed", name)
        }
    }

    private func run(_ command: Command) async throws {
        let outcome = await host.commands.run(command)
        guard outcome.succeeded else { throw SetupFailure(outcome.complaint) }
    }
}
