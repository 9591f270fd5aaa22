// SPDX-License-Identifier: GPL-2.0-or-later

import Host
import Support
import Synchronization
import Testing

@testable import Doctor

/// The archive as it is asked for, and what ends up in it.
@Suite struct ReportBundleTests {
    /// Answers each command with the machine's name, and remembers how tar was called.
    private final class Machine: CommandRunner {
        let archive = Mutex<[String]>([])

        func run(_ command: Command) async -> CommandOutcome {
            if command.words[0] == "tar" { archive.withLock { $0 = command.words } }
            return CommandOutcome(output: command.words == ["uname", "-n"] ? "van7.lan\n" : "van7 says: van7.lan\n")
        }
    }

    private func write(to path: String) async throws -> (archive: [String], texts: [String]) {
        let (folder, machine) = (try TemporaryFolder(), Machine())
        let host = Host(files: Files(), commands: machine)
        let file = try folder.write("client:\n  dstAddr: \"vpn.example:59501\"\n", to: "engarde.yml")
        try await ReportBundle(host, names: []).write(
            to: path, findings: ["ok   van7"], configuration: file, folder: folder.path)
        let texts = directoryEntries(folder.path).filter { $0.hasSuffix(".txt") }.map {
            readText("\(folder.path)/\($0)")
        }
        return (machine.archive.withLock { $0 }, texts)
    }

    @Test func theMachinesNameIsReplaced() async throws {
        let texts = try await write(to: "r.tar.gz").texts
        #expect(texts.count > 10)
        #expect(!texts.contains { $0.contains("van7") || $0.contains("vpn.example") })
    }

    /// A colon makes tar look for another machine, unless a slash is before it.
    @Test func aPathMayHaveAColon() async throws {
        #expect(try await write(to: "12:30.tar.gz").archive[2] == "./12:30.tar.gz")
        #expect(try await write(to: "12:30/r.tar.gz").archive[2] == "./12:30/r.tar.gz")
        #expect(try await write(to: "/tmp/12:30.tar.gz").archive[2] == "/tmp/12:30.tar.gz")
    }
}
