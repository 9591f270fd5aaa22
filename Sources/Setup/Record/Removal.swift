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

    /// Returns the things that would be done, a line each, in order.
    public func preview() throws -> [String] {
        guard let record = try SetupRecord.read(host.files) else { return [] }
        let lines = record.entries.reversed().filter(isTaken).map(\.words)
        // Nothing else is left of a removal that was ended at its last step.
        return record.entries.allSatisfy(isTaken) ? lines + ["remove \(Places.record)"] : lines
    }

    /// Takes everything back, last things first. What does not succeed is reported, and the rest is done nevertheless.
    ///
    /// - Returns: whether all succeeded. What did not is kept in the record, for another attempt.
    public func carryOut() async throws -> Bool {
        guard var record = try SetupRecord.read(host.files) else { return true }
        var failed: [SetupRecord.Entry] = []
        for (index, entry) in record.entries.enumerated().reversed() where isTaken(entry) {
            do {
                try await entry.takeBack(host)
                report("ok   \(entry.words)")
            } catch {
                report("FAIL \(entry.words): \(error)")
                failed.append(entry)
            }
            // Not on the disk before it is done: done again it does no harm.
            if failed.last != entry {
                record.entries.remove(at: index)
                try record.write(host.files)
            }
        }
        if await host.run("systemctl", "daemon-reload").succeeded == false {
            report("warn systemctl daemon-reload failed")
        }
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
}
