// SPDX-License-Identifier: GPL-2.0-or-later

import Glibc
import Support
import Testing

/// What systemd says of the units.
@Suite struct SystemdUnitTests {
    private static let names = RunningProgram.Name.allCases.flatMap {
        ["\($0.rawValue).service", "\($0.rawValue)@.service"]
    }
    /// Why units cannot be looked at; nil when they can.
    private static let obstacle: String? = {
        guard let help = try? run(["systemd-analyze", "--help"]) else {
            return "systemd-analyze is not installed (package systemd)"
        }
        return help.contains("--offline")
            ? nil : "systemd-analyze is older than 250 and cannot tell of units that are not installed"
    }()

    /// The units as they are installed, with the program at a place where there is one.
    private static func install() throws -> TemporaryFolder {
        let root = #filePath.split(separator: "/").dropLast(3).reduce("") { "\($0)/\($1)" }
        let folder = try TemporaryFolder()
        for name in names {
            let lines = readText("\(root)/packaging/systemd/\(name)").split(
                separator: "\n", omittingEmptySubsequences: false)
            let installed = lines.map { line in
                line.hasPrefix("ExecStart=@PREFIX@/bin/engarde-")
                    ? "ExecStart=/bin/sh \(line.split(separator: " ").dropFirst().joined(separator: " "))"
                    : String(line)
            }
            _ = try folder.write(installed.joined(separator: "\n"), to: name)
        }
        return folder
    }

    @Test(
        "systemd understands every line", .enabled(if: obstacle == nil, Comment(rawValue: obstacle ?? "")),
        arguments: names)
    func understood(_ name: String) throws {
        let folder = try Self.install()
        let instance = name.split(separator: "@").joined(separator: "@van")
        if instance != name { rename("\(folder.path)/\(name)", "\(folder.path)/\(instance)") }
        let program = try Program([
            "systemd-analyze", "verify", "--man=no", "--recursive-errors=no", "\(folder.path)/\(instance)",
        ])
        let status = try program.waitForExit()
        #expect(status == .exited(0) && program.text(.error).isEmpty, "\(program.text(.error))")
    }

    /// A unit may do no more than its program needs: at most 2.0 of 10 on systemd's scale, which is 20 of 100 here.
    @Test(
        "A unit is as confined as systemd can tell", .enabled(if: obstacle == nil, Comment(rawValue: obstacle ?? "")),
        arguments: names)
    func confined(_ name: String) throws {
        let folder = try Self.install()
        let program = try Program(
            ["systemd-analyze", "security", "--offline=true", "--threshold=20", "--no-pager", "\(folder.path)/\(name)"])
        let status = try program.waitForExit()
        let verdict = program.lines.map(\.text).last { $0.contains("exposure level") }
        #expect(status == .exited(0) && verdict != nil, "\(verdict ?? program.text(.error))")
    }
}
