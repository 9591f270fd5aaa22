// SPDX-License-Identifier: GPL-2.0-or-later

import Settings
import Glibc
import Program
import Testing

/// What the programs answer and how they fail, as processes.
@Suite struct CommandLineTests {
    private typealias Run = RunningProgram

    @Test("The version is one line", arguments: RunningProgram.Name.allCases, ["-v", "--version"])
    func version(_ name: RunningProgram.Name, flag: String) {
        let end = Run.run(name, [flag])
        #expect(end == Run.End(status: 0, output: "\(name.rawValue) \(Program.version)\n", errors: ""))
    }

    @Test("Help names the commands and options", arguments: RunningProgram.Name.allCases, ["-h", "--help"])
    func help(_ name: RunningProgram.Name, flag: String) {
        let end = Run.run(name, [flag])
        #expect(end.status == 0 && end.errors.isEmpty)
        #expect(end.output.contains("USAGE: \(name.rawValue)"))
        #expect(end.output.contains("check") && end.output.contains("list-interfaces") == (name == .client))
        let options = Run.run(name, ["help", "run"]).output
        for word in ["--example", "--version", "--log-level", "--engine"] {
            #expect(options.contains(word), "\(word)")
        }
    }

    @Test("The example passes the check, from a pipe", arguments: RunningProgram.Name.allCases)
    func example(_ name: RunningProgram.Name) {
        let example = Run.run(name, ["--example"])
        #expect(example.status == 0 && example.errors.isEmpty && example.output == SampleFile.text)
        let check = Run.run(name, ["check", "/dev/stdin"], input: example.output)
        #expect(check.status == 0 && check.errors.isEmpty)
        #expect(check.output.hasPrefix("/dev/stdin: good, 0 warnings\n"))
    }

    @Test("The check says what would happen", arguments: RunningProgram.Name.allCases)
    func check(_ name: RunningProgram.Name) throws {
        let file = try ConfigurationFixture.working(name, port: 59_401, "lissenAddr: x")
        let end = Run.run(name, ["check", file.path])
        #expect(end.status == 0 && end.errors.isEmpty)
        let lines = end.output.split(separator: "\n")
        #expect(
            lines[0].hasPrefix("\(file.path):4:3: warning: ") && lines[0].contains("did you mean listenAddr?")
        )
        #expect(lines[1] == "\(file.path): good, 1 warnings")
        switch name {
        case .server: #expect(lines[2] == "WireGuard at 127.0.0.1:9: 127.0.0.1")
        case .client:
            #expect(lines.contains { $0.hasPrefix("lo\t") })
            #expect(lines.last!.hasSuffix(" links would carry traffic"))
        }
    }

    @Test("The check looks for the files that are named", arguments: RunningProgram.Name.allCases)
    func namedFiles(_ name: RunningProgram.Name) throws {
        let file = try ConfigurationFixture.working(
            name, port: 59_401, "onLinkChange: [/nonexistent/program, a]", "webManager:",
            "  listenAddr: \"127.0.0.1:1\"", "  username: a", "  passwordFile: /nonexistent/password")
        let end = Run.run(name, ["check", file.path])
        let lines = end.output.split(separator: "\n")
        #expect(end.status == 0)
        #expect(
            lines[0]
                == "\(file.path): warning: onLinkChange: /nonexistent/program cannot be run: No such file or directory")
        #expect(lines[1].contains("cannot take the password from /nonexistent/password: No such file"))
        #expect(lines[2] == "\(file.path): good, 2 warnings")
    }

    @Test("Every interface is listed with its address")
    func interfaces() {
        let end = Run.run(.client, ["list-interfaces"])
        #expect(end.status == 0 && end.errors.isEmpty)
        let lines = end.output.split(separator: "\n")
        #expect(lines.contains { $0.hasPrefix("lo\t") })
        #expect(lines.allSatisfy { $0.split(separator: "\t").count == 2 })
    }

    struct Failure: Sendable, CustomTestStringConvertible {
        var testDescription: String
        /// The file's text for the client, `server` standing for `client` in the server's; nil for no file.
        var text: String?
        /// What the line says behind the file's name.
        var says: String

        init(_ name: String, _ text: String?, says: String) {
            testDescription = name
            self.text = text
            self.says = says
        }
    }

    static let failures = [
        Failure("missing file", nil, says: ": found no readable file (No such file or directory), wanted"),
        Failure("not YAML", "client:\n  listenAddr: [\n", says: ":3:1: "),
        Failure("no listenAddr", "client:\n  dstAddr: 127.0.0.1:9\n", says: "client.listenAddr"),
        Failure("no dstAddr", "client:\n  listenAddr: 127.0.0.1:9\n", says: "client.dstAddr"),
        Failure("no section", "other: 1\n", says: "client"),
        Failure(
            "bad address", "client:\n  listenAddr: 5940\n  dstAddr: 127.0.0.1:9\n",
            says: ":2:15: client.listenAddr"),
    ]

    @Test(
        "A file that cannot be used ends in status 1 and a line with the place", arguments: failures,
        ["", "check"])
    func refused(_ failure: Failure, command: String) throws {
        for name in RunningProgram.Name.allCases {
            let section = name == .client ? "client" : "server"
            func adapted(_ text: String) -> String {
                text.split(separator: "client", omittingEmptySubsequences: false).joined(separator: section)
            }
            let file = try failure.text.map { try ConfigurationFixture(adapted($0)) }
            let path = file?.path ?? "/nonexistent/engarde.yml"
            let end = Run.run(name, command.isEmpty ? [path] : [command, path])
            #expect(end.status == 1 && end.output.isEmpty)
            let lines = end.errorLines
            #expect(
                lines.contains { $0.hasPrefix(path) && $0.contains(adapted(failure.says)) }, "\(end.errors)")
            // A misplaced key is warned of beside the error it explains.
            #expect(lines.filter { !$0.contains(" warning: ") }.count == 1, "\(end.errors)")
        }
    }

    @Test(
        "A destination that is the program itself is refused, by the check and at start",
        arguments: RunningProgram.Name.allCases, ["", "check"])
    func ownDestination(_ name: RunningProgram.Name, command: String) throws {
        let section = name == .client ? "client" : "server"
        for (listen, destination) in [
            (":59401", "127.0.0.1:59401"), ("127.0.0.1:59401", "127.0.0.1:59401"), (":59401", "localhost:59401"),
            ("[::1]:59401", "[::1]:59401"),
        ] {
            let file = try ConfigurationFixture(
                "\(section):\n  listenAddr: \"\(listen)\"\n  dstAddr: \"\(destination)\"\n  protocol: opaque\n")
            let end = Run.run(name, command.isEmpty ? [file.path] : [command, file.path])
            #expect(end.status == 1 && end.output.isEmpty)
            let lines = end.errorLines
            #expect(lines.count == 1 && lines[0].contains("\(section).dstAddr: found \(destination), which is where"))
        }
    }

    @Test(
        "An unknown option ends in status 1 and one line", arguments: RunningProgram.Name.allCases,
        [
            ["--nonsense"], ["--engine", "steam"], ["a", "b"], ["--log-level"], ["check", "a", "b"],
        ])
    func unknown(_ name: RunningProgram.Name, arguments: [String]) {
        let end = Run.run(name, arguments)
        #expect(end.status == 1 && end.output.isEmpty)
        #expect(end.errorLines.count == 1, "\(end.errors)")
        #expect(end.errors.contains("--help"), "where to read on")
    }

    @Test(
        "A reader that has gone, or no standard output at all, is no crash",
        arguments: RunningProgram.Name.allCases)
    func closedOutput(_ name: RunningProgram.Name) {
        for arguments in [["--example"], ["--version"], ["--help"]] {
            #expect(Run.run(name, arguments, closed: [1]).status <= 1)
            #expect(Run.run(name, arguments, closed: [0, 1, 2]).status <= 1)
        }
    }
}
