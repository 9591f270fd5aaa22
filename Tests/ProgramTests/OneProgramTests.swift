// SPDX-License-Identifier: GPL-2.0-or-later

import Glibc
import Program
import Settings
import Support
import Testing

/// `engarde` by its own name.
@Suite struct OneProgramTests {
    private typealias Run = RunningProgram

    @Test(arguments: ["-v", "--version"])
    func versionIsOneLine(flag: String) {
        #expect(Run.run([flag]) == Run.End(status: 0, output: "engarde \(Program.version)\n", errors: ""))
    }

    @Test(arguments: [[], ["--help"], ["help"]])
    func helpNamesTheCommands(_ arguments: [String]) {
        let end = Run.run(arguments)
        #expect(end.status == 0 && end.errors.isEmpty)
        for word in ["client", "server", "check", "list-interfaces"] { #expect(end.output.contains("\n  \(word) ")) }
    }

    @Test(arguments: [["bogus"], ["client", "--bogus"], ["check", "a", "b"]])
    func aWrongCommandLineIsOneLine(_ arguments: [String]) {
        let end = Run.run(arguments)
        #expect(end.status == 1 && end.output.isEmpty && end.errorLines.count == 1, "\(end)")
        #expect(end.errors.contains("see 'engarde"))
    }

    /// The sample has both sections, and is read once: a pipe cannot be read twice.
    @Test func eachSectionIsChecked() {
        let end = Run.run(["check", "/dev/stdin"], input: Run.run(["--example"]).output)
        #expect(end.status == 0 && end.errors.isEmpty, "\(end)")
        #expect(end.output.contains(" links would carry traffic\n") && end.output.contains("\nWireGuard at "))
    }

    @Test func aFileWithoutSectionsIsRefused() {
        let end = Run.run(["check", "/dev/stdin"], input: "network:\n")
        #expect(end.status == 1 && end.errors.contains("a client section"), "\(end)")
    }

    @Test(arguments: RunningProgram.Name.allCases)
    func aRoleRunsUntilItIsStopped(_ name: RunningProgram.Name) throws {
        let file = try ConfigurationFixture.working(name, port: try ConfigurationFixture.freePort())
        let role = name == .client ? "client" : "server"
        let program = RunningProgram(path: "\(Environment.executableFolder)/engarde", [role, file.path])
        #expect(program.says("[Control] listening for"))
        program.send(SIGTERM)
        #expect(program.end().status == 0)
    }
}
