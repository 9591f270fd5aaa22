// SPDX-License-Identifier: GPL-2.0-or-later

public import Host
internal import WireGuardWire

/// Carries a plan out, with a record of what was there before.
public struct Application {
    private let host: Host
    /// Told of what was done, a line each.
    private let report: (String) -> Void
    private var record: SetupRecord

    /// - Throws: when the record cannot be read or is the other role's.
    public init(_ host: Host, role: Role, report: @escaping (String) -> Void) throws {
        self.host = host
        self.report = report
        record = try SetupRecord.read(host.files) ?? SetupRecord(role: role)
        try Requirements.checkRole(record, role)
    }

    /// Does what is not done yet. Ended in the middle, it goes on from there when it is called again.
    ///
    /// - Throws: the first thing that cannot be done; what was done before stays done and recorded.
    public mutating func carryOut(_ plan: Plan) async throws {
        (record.server, record.client, record.isUnfinished) = (plan.server, plan.client, true)
        try record.write(host.files)
        for step in plan.steps {
            if case .file(let file) = step, try await !isDone(step) {
                let canReload = file.canReload(from: try host.files.bytes(of: file.path))
                for case .service(let service) in plan.steps where service.reads(step) {
                    record.stale[service.name] = canReload && record.stale[service.name] != false
                }
            }
            try await carryOut(step)
        }
        try await undo(plan.leftovers(record))
        record.isUnfinished = false
        try record.write(host.files)
    }

    private func isDone(_ step: Step) async throws -> Bool {
        try await step.isDone(host, [], record.stale.keys.map { $0 })
    }

    private mutating func carryOut(_ step: Step) async throws {
        guard try await !isDone(step) else { return }
        switch step {
        case .folder(let path, let mode):
            record.entries.append(.folder(path))
            try record.write(host.files)
            try host.files.makeFolder(path, mode: mode)
        case .file(let file): try write(file)
        case .removal(let path):
            try host.files.remove(path)
            record.entries.removeAll { if case .file(let entry) = $0 { entry.path == path } else { false } }
            try record.write(host.files)
            report("\(path) removed")
        case .setting(let path, let value):
            guard let before = try host.files.read(path)?.trimmed else {
                throw SetupFailure("\(path): no such setting")
            }
            let isKnown = record.entries.contains { if case .setting(path, _) = $0 { true } else { false } }
            if !isKnown {
                record.entries.append(.setting(path: path, before: before))
                try record.write(host.files)
            }
            try host.files.set(path, to: value)
            report("\(path) = \(value)")
        case .command(let planned):
            try remember(.command(undo: planned.undo))
            try await run(planned.command)
            report("\(planned.command)")
        case .service(let service): try await start(service)
        case .undoing(let entry): try await undo([entry])
        }
    }

    private mutating func undo(_ entries: [SetupRecord.Entry]) async throws {
        for entry in entries {
            do {
                try await entry.takeBack(host)
            } catch {
                throw SetupFailure("\(entry.words): \(error)")
            }
            record.entries.removeAll { $0 == entry }
            if case .service(let name) = entry { record.stale[name] = nil }
            try record.write(host.files)
            report(entry.words)
        }
        if !entries.isEmpty { try await run(Command("systemctl", "daemon-reload")) }
    }

    private mutating func remember(_ entry: SetupRecord.Entry) throws {
        guard !record.entries.contains(entry) else { return }
        record.entries.append(entry)
        try record.write(host.files)
    }

    private mutating func write(_ file: PlannedFile) throws {
        let current = try host.files.bytes(of: file.path)
        var entry =
            record.fileEntry(file.path)
            ?? SetupRecord.FileEntry(
                path: file.path, before: current, modeBefore: host.files.mode(of: file.path), written: "",
                isKept: file.isKept)
        if let current, file.replaces(current, written: entry.written) { try keepChanged(file, current) }
        if !file.isAmended { entry.written = hexDigest(of: Array(file.text.utf8)) }
        record.set(entry)
        try record.write(host.files)
        try host.files.write(file.text, to: file.path, mode: file.mode)
        report("\(file.path) written")
    }

    /// Keeps a copy of what a user has made of a file that setup wrote.
    private mutating func keepChanged(_ file: PlannedFile, _ current: [UInt8]) throws {
        let path = try copyPath(file.path, current)
        if !host.files.exists(path) {
            record.set(
                SetupRecord.FileEntry(
                    path: path, before: nil, modeBefore: nil, written: hexDigest(of: current), isKept: true))
            try record.write(host.files)
            try host.files.write(current, to: path, mode: file.mode & (host.files.mode(of: file.path) ?? file.mode))
        }
        report("\(file.path) was changed by hand: a copy is in \(path)")
    }

    /// The first name that no copy of other bytes has.
    private func copyPath(_ path: String, _ current: [UInt8]) throws -> String {
        var (copy, number) = ("\(path).old", 1)
        while let bytes = try host.files.bytes(of: copy), bytes != current {
            number += 1
            copy = "\(path).\(number).old"
        }
        return copy
    }

    private mutating func start(_ service: PlannedService) async throws {
        try remember(.service(service.name))
        // Its own file, or setup's additions to it, may be new.
        try await run(Command("systemctl", "daemon-reload"))
        try await run(Command("systemctl", "enable", "--quiet", service.name))
        // A unit that failed over and over is not started before this.
        _ = await host.run("systemctl", "reset-failed", service.name)
        let wasActive = await host.run("systemctl", "is-active", "--quiet", service.name).succeeded
        let canReload = record.stale[service.name]
        let isInForce = await service.isInForce(host)
        let verb = !wasActive || (canReload == nil && isInForce) ? "start" : canReload == true ? "reload" : "restart"
        try await run(Command("systemctl", verb, service.name))
        if record.stale.removeValue(forKey: service.name) != nil { try record.write(host.files) }
        report("\(service.name) runs")
    }

    private func run(_ command: Command) async throws {
        let outcome = await host.commands.run(command)
        guard outcome.succeeded else { throw SetupFailure("\(command): \(outcome.complaint)") }
    }
}
