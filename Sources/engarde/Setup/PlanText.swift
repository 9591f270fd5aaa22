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
    static func withoutSecrets(_ line: String, isSecret: Bool = false) -> String {
        let isHead = line.hasPrefix("---") || line.hasPrefix("+++") || line.hasPrefix("@@")
        if isSecret, !isHead { return "\(line.prefix(1))(secret)" }
        if isHead { return line }
        let bytes = Array(line.utf8)
        for place in bytes.indices {
            guard let value = secret(at: bytes[place...]) else { continue }
            return String(decoding: bytes[..<value], as: UTF8.self) + "(secret)"
        }
        return line
    }

    /// Returns the place of the value in a text that begins with the name of a secret, as WireGuard's files and ours
    /// have them, with blanks and quotes as people write them; else nil.
    private static func secret(at text: ArraySlice<UInt8>) -> Int? {
        for name in ["privatekey", "presharedkey", "password"] {
            guard text.prefix(name.utf8.count).map({ $0 | 0x20 }).elementsEqual(name.utf8) else { continue }
            let behind = text.dropFirst(name.utf8.count)
            let mark = behind.drop { isBlank($0) || isQuote($0) }
            guard let byte = mark.first else { continue }
            let value = mark.dropFirst()
            // Without a blank behind it, the colon parts no key from its value: `LoadCredential=password:FILE`.
            let isColon =
                byte == UInt8(ascii: ":")
                && (value.first.map(isBlank) ?? true || behind.first.map(isQuote) ?? false)
            if isColon || byte == UInt8(ascii: "=") { return value.drop(while: isBlank).startIndex }
        }
        return nil
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
    private static func isQuote(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") }
}
