// SPDX-License-Identifier: GPL-2.0-or-later

internal import Host

extension SetupRecord.Entry {
    /// Says in one line what taking it back does.
    public var words: String {
        switch self {
        case .folder(let path): "remove \(path) if it is empty"
        case .file(let file): file.before == nil ? "remove \(file.path)" : "put back \(file.path)"
        case .setting(let path, let before): "set \(path) to \(before) again"
        case .command(let undo): "\(undo)"
        case .service(let name): "stop and disable \(name)"
        }
    }

    /// Takes it back. Done again it does no harm.
    func takeBack(_ host: Host) async throws {
        switch self {
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
        case .command(let undo):
            let outcome = await Firewall.takeBack(undo, host)
            // A firewall that has been uninstalled has no rules.
            guard outcome.succeeded || outcome.status == CommandOutcome.notFoundStatus else {
                throw SetupFailure(outcome.complaint)
            }
        case .service(let name):
            let outcome = await host.run("systemctl", "disable", "--quiet", "--now", name)
            if !outcome.succeeded, outcome.status != CommandOutcome.notFoundStatus {
                // A unit whose package has been uninstalled cannot be disabled, only stopped.
                guard !Units.exists(host, name) else { throw SetupFailure(outcome.complaint) }
                _ = await host.run("systemctl", "stop", name)
            }
            _ = await host.run("systemctl", "reset-failed", name)
        }
    }
}
