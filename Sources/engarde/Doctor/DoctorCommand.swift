// SPDX-License-Identifier: GPL-2.0-or-later

import ArgumentParser
import Doctor
import Glibc
import Host
import Setup
import WebManager
import Program

/// `engarde doctor [FILE]`
struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Walk the way of a packet and name the broken hop.",
        discussion: """
            Each line is ok, warn or FAIL with the name of a check, what it has found, and the command that mends it; \
            Documentation/Troubleshooting.md tells of each name. The exit status is 0 when all is well, 3 when there are \
            warnings, and 1 when something fails. More is seen as root.
            """)

    @Argument(
        help: "The configuration file. Default: /etc/engarde/engarde.yml, or engarde.yml where there is none.",
        completion: .file(extensions: ["yml", "yaml"]))
    var file: String?

    @Flag(help: "Offer each repair and run it.")
    var fix = false

    @Flag(help: "With --fix: ask nothing, and run every repair.")
    var yes = false

    @Option(
        help: "Write an archive for a report, in which keys, passwords, public addresses and names are replaced.",
        completion: .file(extensions: ["tar.gz"]))
    var bundle: String?

    @OptionGroup var sockets: SocketOption

    func validate() throws {
        guard fix || !yes else { throw ValidationError("--yes goes with --fix") }
    }

    func run() async throws {
        let host = Host()
        var facts = await gather(host)
        var findings = Doctor.findings(facts)
        for finding in findings { print(finding) }
        if fix, try await mend(findings, host) {
            print("")
            facts = await gather(host)
            findings = Doctor.findings(facts)
            for finding in findings { print(finding) }
        }
        if let bundle { try await write(bundle, findings, facts, host) }
        switch findings.map(\.grade).max() ?? .ok {
        case .ok: return
        case .warn: throw ExitCode(3)
        case .fail: throw ExitCode(1)
        }
    }

    private var path: String {
        file ?? (access(Places.configuration, F_OK) == 0 ? Places.configuration : "engarde.yml")
    }

    private func gather(_ host: Host) async -> Facts {
        let given = sockets.socket
        return await Facts.gather(host, file: path) { given ?? ControlSocket.usualPath(for: $0.rawValue) }
    }

    /// Offers each repair. Returns whether any was run.
    private func mend(_ findings: [Finding], _ host: Host) async throws -> Bool {
        let mendable = findings.filter { $0.grade != .ok && !($0.repair?.commands.isEmpty ?? true) }
        guard !mendable.isEmpty else { return false }
        let interview = try Interview(saysYes: yes, flags: "--yes")
        var hasRun = false
        for finding in mendable {
            for command in finding.repair?.commands ?? [] {
                guard try interview.agrees("\(finding.name): run \(command)?", given: nil, usual: true, flag: "--yes")
                else { break }
                hasRun = true
                let outcome = await host.commands.run(command)
                print(outcome.succeeded ? "ran  \(command)" : "FAIL \(command): \(outcome.complaint)")
                if !outcome.succeeded { break }
            }
        }
        return hasRun
    }

    private func write(_ path: String, _ findings: [Finding], _ facts: Facts, _ host: Host) async throws {
        var template = Array("/tmp/engarde-report-XXXXXX".utf8CString)
        guard let made = mkdtemp(&template) else { throw SetupFailure("/tmp: \(String(cString: strerror(errno)))") }
        let folder = String(cString: made)
        defer { for name in host.files.names(in: folder) + [""] { remove("\(folder)/\(name)") } }
        let archive = ReportBundle(host, names: facts.publicNames)
        try await archive.write(
            to: path, findings: findings.map(\.description), configuration: self.path, folder: folder)
        print("\(path) written: look through it before it is sent to anybody")
    }
}
