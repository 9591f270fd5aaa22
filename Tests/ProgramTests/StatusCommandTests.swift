// SPDX-License-Identifier: GPL-2.0-or-later

import Glibc
import Support
import Testing

/// `engarde status` and `engarde link` against running programs.
@Suite struct StatusCommandTests {
    private let runtime: TemporaryFolder

    init() throws { runtime = try TemporaryFolder() }

    private func run(_ arguments: String...) -> RunningProgram.End { RunningProgram.run(arguments, runtime: runtime) }

    private func start(_ name: RunningProgram.Name) throws -> RunningProgram {
        let file = try ConfigurationFixture.working(
            name, port: try ConfigurationFixture.freePort(),
            name == .client ? "dstOverrides: [{ifName: lo, dstAddr: \"127.0.0.1:9\"}]" : "clientTimeout: 30")
        let program = RunningProgram(name, [file.path], runtime: runtime)
        try #require(program.says("the control socket is \(runtime.path)/"), "\(name)")
        return program
    }

    @Test(arguments: [["status"], ["link", "reset"], ["link", "exclude", "lo"]])
    func withoutAProgramItIsOneLine(_ arguments: [String]) {
        let end = RunningProgram.run(arguments, runtime: runtime)
        #expect(
            end
                == RunningProgram.End(
                    status: 1, output: "",
                    errors: "no program listens at \(runtime.path)/client.sock: is engarde running?\n"))
    }

    @Test func bothProgramsAreShown() throws {
        let (client, server) = (try start(.client), try start(.server))
        let end = run("status")
        #expect(end.status == 1 && end.errors.isEmpty, "no tunnel is up: \(end)")
        let lines = end.output.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines[0].hasPrefix("tunnel down: WireGuard has sent nothing to 127.0.0.1:"))
        #expect(lines[1].hasPrefix("LINK") && lines.contains { $0.hasPrefix("lo ") })
        #expect(lines.contains("") && lines.contains { $0.hasPrefix("no client · 0 of 0 paths · ") })
        let json = run("status", "--json", "--socket", "\(runtime.path)/server.sock")
        #expect(json.output.hasPrefix("{\"type\":\"server\",") && json.status == 1)
        withExtendedLifetime((client, server)) {}
    }

    @Test func linksAreExcludedAndIncluded() throws {
        let client = try start(.client)
        func line() -> Substring? { run("status").output.split(separator: "\n").first { $0.hasPrefix("lo ") } }
        #expect(run("link", "exclude", "lo", "--force") == RunningProgram.End(status: 0, output: "", errors: ""))
        #expect(line()?.contains("excluded at run time") == true)
        #expect(run("link", "include", "lo").status == 0)
        #expect(line()?.contains("excluded") == false)
        #expect(run("link", "exclude", "lo", "--force").status == 0)
        #expect(run("link", "reset").status == 0)
        #expect(line()?.contains("excluded") == false)
        let refused = run("link", "exclude", "")
        #expect(refused.status == 1 && refused.errors.contains("interface must be the name"), "\(refused)")
        withExtendedLifetime(client) {}
    }

    /// Into a pipe it is a report after another, until nobody reads any more.
    @Test func watchingIntoAPipeRepeats() throws {
        let client = try start(.client)
        let watch = RunningProgram(
            path: "\(Environment.executableFolder)/engarde", ["status", "--watch", "--interval", "0.1"], runtime: runtime)
        #expect(watch.prints("\n\ntunnel down"))
        watch.send(SIGTERM)
        #expect(watch.end().status == 0)
        withExtendedLifetime(client) {}
    }
}
