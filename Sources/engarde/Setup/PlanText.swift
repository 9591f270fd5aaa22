// SPDX-License-Identifier: GPL-2.0-or-later

import Host
import Setup

/// Shows the steps of a plan as files with their changes, and commands. Keys and passwords are left out.
struct PlanText {
    private let host: Host

    init(_ host: Host) { self.host = host }

    func lines(_ steps: [Step]) async -> [String] {
        guard !steps.isEmpty else { return ["nothing to change"] }
        var lines: [String] = []
        for step in steps { lines += await self.lines(step) }
        return lines
    }

    private func lines(_ step: Step) async -> [String] {
        switch step {
        case .folder(let path, let mode): return ["mkdir -m \(String(mode, radix: 8)) \(path)"]
        case .removal(let path): return ["rm \(path)"]
        case .setting(let path, let value): return ["echo \(value) > \(path)"]
        case .command(let planned): return ["\(planned.command)"]
        case .service(let service):
            return ["systemctl daemon-reload", "systemctl enable \(service.name)", "systemctl start \(service.name)"]
        case .undoing(let entry): return [entry.words]
        case .file(let file): return await changes(file)
        }
    }

    private func changes(_ file: PlannedFile) async -> [String] {
        let old = host.files.exists(file.path) ? host.files.place(file.path) : "/dev/null"
        let label = "\(file.path) (mode \(String(file.mode, radix: 8)))"
        let command = Command(["diff", "-u", "--label", file.path, "--label", label, old, "-"], input: file.text)
        let lines = await host.commands.run(command).output.split(separator: "\n", omittingEmptySubsequences: false)
        return lines.dropLast().map { Self.withoutSecrets(String($0), isSecret: file.path == Places.password) }
    }

    /// - Parameter isSecret: every line is one.
    private static func withoutSecrets(_ line: String, isSecret: Bool) -> String {
        let isHead = line.hasPrefix("---") || line.hasPrefix("+++") || line.hasPrefix("@@")
        if isSecret, !isHead { return "\(line.prefix(1))(secret)" }
        for name in ["PrivateKey = ", "PresharedKey = ", "privateKey: ", "presharedKey: "]
        where line.dropFirst().hasPrefix(name) {
            return "\(line.prefix(1))\(name)(secret)"
        }
        return line
    }
}
