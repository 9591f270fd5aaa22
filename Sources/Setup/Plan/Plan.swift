// SPDX-License-Identifier: GPL-2.0-or-later

public import Host

/// Everything a machine needs for its role, in order.
public struct Plan: Hashable, Sendable {
    public var role: Role
    public var server: ServerAnswers?
    public var client: ClientAnswers?
    public var steps: [Step]
    /// True when the machine has more than this plan, which shall stay.
    public var isPart = false

    /// The steps that would change something.
    public func changes(_ host: Host) async throws -> [Step] {
        let record = try SetupRecord.read(host.files)
        var changes: [Step] = []
        for step in steps where try await !step.isDone(host, changes, record?.stale.keys.map { $0 } ?? []) {
            changes.append(step)
        }
        return changes + (record.map(leftovers) ?? []).map(Step.undoing)
    }

    /// The files that a user has changed since setup wrote them, and that would be written anew.
    public func filesChangedByHand(_ host: Host) throws -> [String] {
        guard let record = try SetupRecord.read(host.files) else { return [] }
        return try steps.compactMap { step in
            guard case .file(let file) = step, let written = record.fileEntry(file.path)?.written,
                let current = try host.files.bytes(of: file.path)
            else { return nil }
            return file.replaces(current, written: written) ? file.path : nil
        }
    }

    /// Returns the things that an earlier run has done and this plan has no longer, last things first: a port that was
    /// another one then, or forwarding.
    func leftovers(_ record: SetupRecord) -> [SetupRecord.Entry] {
        if isPart { return [] }
        let undos = steps.compactMap { if case .command(let planned) = $0 { planned.undo } else { nil } }
        // The rules of a firewall that is turned off for a while are none of these.
        let programs = Set(undos.map { $0.words[0] })
        return record.entries.reversed().filter { entry in
            switch entry {
            case .folder: false
            case .file(let file):
                !file.isKept && !steps.contains { if case .file(let own) = $0 { own.path == file.path } else { false } }
            case .setting(let path, _):
                !steps.contains { if case .setting(path, _) = $0 { true } else { false } }
            case .command(let undo): programs.contains(undo.words[0]) && !undos.contains(undo)
            case .service(let name):
                !steps.contains { if case .service(let own) = $0 { own.name == name } else { false } }
            }
        }
    }

    /// `7 files, 1 firewall rule, 2 services`.
    public static func summary(_ changes: [Step]) -> String {
        StepKind.allCases.compactMap { kind in
            let count = changes.count { $0.kind == kind }
            return count == 0 ? nil : "\(count) \(kind.rawValue)\(count == 1 ? "" : "s")"
        }.joined(separator: ", ")
    }
}

extension Step {
    /// - Parameters:
    ///   - changes: the steps before this one that are not done.
    ///   - stale: services that wait for a restart.
    func isDone(_ host: Host, _ changes: [Step], _ stale: [String]) async throws -> Bool {
        switch self {
        case .folder(let path, _): return host.files.exists(path)
        case .file(let file):
            return try host.files.bytes(of: file.path) == Array(file.text.utf8)
                && host.files.mode(of: file.path) == file.mode
        case .removal(let path): return !host.files.exists(path)
        case .setting(let path, let value): return try host.files.read(path)?.trimmed == value
        case .command(let planned): return await planned.isDone(host)
        case .service(let service):
            guard !stale.contains(service.name), !changes.contains(where: service.reads) else { return false }
            return await service.isRunning(host)
        case .undoing: return false
        }
    }
}

extension PlannedCommand {
    func isDone(_ host: Host) async -> Bool {
        let outcome = await host.commands.run(check)
        return outcome.succeeded && (checkWord.map(outcome.output.contains) ?? true)
    }
}

extension PlannedService {
    func reads(_ step: Step) -> Bool {
        if case .file(let file) = step { files.contains(file.path) } else { false }
    }

    func isRunning(_ host: Host) async -> Bool {
        let isEnabled = await host.run("systemctl", "is-enabled", "--quiet", name).succeeded
        let isActive = await host.run("systemctl", "is-active", "--quiet", name).succeeded
        guard isActive, isEnabled else { return false }
        return await isInForce(host)
    }

    func isInForce(_ host: Host) async -> Bool {
        guard let check else { return true }
        return await host.commands.run(check).succeeded
    }
}

extension String {
    var trimmed: String {
        var text = self[...]
        while let last = text.last, last.isWhitespace { text.removeLast() }
        return String(text.drop { $0.isWhitespace })
    }
}
