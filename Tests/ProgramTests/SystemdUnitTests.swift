// SPDX-License-Identifier: GPL-2.0-or-later

import Glibc
import Support
import Testing

/// What the systemd units allow, against what the programs ask for.
@Suite struct SystemdUnitTests {
    private static func unit(_ name: RunningProgram.Name) -> [Substring] {
        let root = #filePath.split(separator: "/").dropLast(3).reduce("") { "\($0)/\($1)" }
        return readText("\(root)/packaging/systemd/\(name.rawValue).service").split(separator: "\n")
    }

    /// Where it is not, Dispatch logs "Failed to set thread priority for worker thread".
    @Test(
        "A unit allows each nice value that a thread asks for",
        .enabled(if: geteuid() == 0, "others are refused it here as well"), arguments: RunningProgram.Name.allCases)
    func niceValues(_ name: RunningProgram.Name) throws {
        let line = Self.unit(name).first { $0.hasPrefix("LimitNICE=") }
        let lowest = line.flatMap { Int($0.dropFirst("LimitNICE=".count)) } ?? 0
        let port = try ConfigurationFixture.freePort()
        let file = try ConfigurationFixture.working(
            name, port: port, "webManager:", "  listenAddr: \"127.0.0.1:\(port)\"")
        let program = RunningProgram(name, [file.path])
        #expect(program.says("the web manager is at"))
        let values = program.niceValues
        #expect(values.count > 2 && values.allSatisfy { $0 >= lowest }, "\(values)")
        program.send(SIGTERM)
        #expect(program.end().status == 0)
    }
}
