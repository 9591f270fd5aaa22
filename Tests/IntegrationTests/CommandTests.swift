// SPDX-License-Identifier: GPL-2.0-or-later

import Glibc
import Support
import Testing

extension Integration {
    /// What the programs say and return to the shell.
    @Suite struct CommandTests {
        @Test(arguments: [Engarde.End.client, .server])
        func aWrongFileShowsThePlace(end: Engarde.End) throws {
            let folder = try TemporaryFolder()
            let cases = [
                ("no listenAddr", "\(end):\n  dstAddr: \"10.0.0.1:1\"\n", "listenAddr"),
                ("no dstAddr", "\(end):\n  listenAddr: \":1\"\n", "dstAddr"),
                ("not YAML", "\(end): [\n", "engarde.yml:"),
                (
                    "a bad port", "\(end):\n  listenAddr: \":70000\"\n  dstAddr: \"10.0.0.1:1\"\n",
                    "engarde.yml:2:"
                ),
            ]
            for (name, text, wanted) in cases {
                let file = try folder.write(text, to: "engarde.yml")
                let program = try Program([Rig.path(end), file])
                #expect(try program.waitForExit() == .exited(1), "\(name)")
                let said = program.text(.error)
                #expect(said.contains(wanted), "\(name): \(said)")
                #expect(said.contains("engarde.yml"), "\(name): \(said)")
            }
            let missing = try Program([Rig.path(end), "\(folder.path)/none.yml"])
            #expect(try missing.waitForExit() == .exited(1))
            #expect(missing.text(.error).contains("none.yml"))
        }

        @Test(arguments: [Engarde.End.client, .server])
        func versionAndSample(end: Engarde.End) throws {
            for option in ["-v", "--version", "--help", "--example"] {
                let text = try run([Rig.path(end), option])
                #expect(!text.isEmpty, "\(option)")
            }
            let folder = try TemporaryFolder()
            let file = try folder.write(try run([Rig.path(end), "--example"]), to: "engarde.yml")
            let check = try Program([Rig.path(end), "check", file])
            #expect(try check.waitForExit() == .exited(0), "\(check.text(.output))\(check.text(.error))")
        }

        @Test(arguments: [Engarde.End.client, .server], [SIGTERM, SIGINT])
        func theyStopOrderly(end: Engarde.End, signal: Int32) throws {
            let laboratory = try Laboratory(links: 1)
            let engarde = try Engarde(end, path: Rig.path(end), in: laboratory)
            _ = try engarde.program.waitForLine { $0.contains("listening") }
            engarde.program.signal(signal)
            #expect(try engarde.program.waitForExit() == .exited(0), "\(engarde.program.text(.error))")
        }

        @Test(arguments: [Engarde.End.client, .server])
        func anOccupiedPortIsNamed(end: Engarde.End) throws {
            let laboratory = try Laboratory(links: 1)
            let first = try Engarde(end, path: Rig.path(end), in: laboratory)
            let second = try Program(
                [Rig.path(end), first.file], in: end == .client ? laboratory.client : laboratory.server)
            #expect(try second.waitForExit() == .exited(1))
            let port = end == .client ? Laboratory.clientPort : Laboratory.serverPort
            #expect(second.text(.error).contains("\(port)"), "\(second.text(.error))")
        }

        @Test func interfacesAreListed() throws {
            let laboratory = try Laboratory(links: 2)
            let text = try run([Rig.path(.client), "list-interfaces"], in: laboratory.client)
            #expect(text.contains("c1") && text.contains(laboratory.links[0].clientV4), "\(text)")
        }
    }
}
