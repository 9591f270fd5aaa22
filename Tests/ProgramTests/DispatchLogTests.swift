// SPDX-License-Identifier: GPL-2.0-or-later

import Glibc
import Support
import Testing

/// What Dispatch writes by itself.
@Suite struct DispatchLogTests {
    /// Dispatch logs a line when it is refused the nice value that its thread for events asks for.
    @Test(
        "A program without the right to a nice value below 0 says nothing of it",
        .enabled(if: geteuid() == 0, "others have no log of their own"), arguments: RunningProgram.Name.allCases)
    func niceValue(_ name: RunningProgram.Name) throws {
        #expect(try Self.complaints(name, environment: ["LIBDISPATCH_LOG": "YES"]) == 1, "it is refused here")
        #expect(try Self.complaints(name) == 0)
    }

    /// How often a program that starts without the right complains to the system's log, `/dev/log`.
    private static func complaints(_ name: RunningProgram.Name, environment: [String: String] = [:]) throws -> Int {
        let devices = try TemporaryFolder()
        let systemLog = try NotifyListener("\(devices.path)/log")
        for (device, minor) in [("null", 3), ("urandom", 9)] as [(String, UInt)] {
            #expect(mknod("\(devices.path)/\(device)", S_IFCHR | 0o666, 1 << 8 | minor) == 0)
        }
        let file = try ConfigurationFixture.alone(name)
        let command = """
            mount --bind \(devices.path) /dev && exec setpriv --inh-caps=-sys_nice --bounding-set=-sys_nice \
            \(Environment.engarde(name.rawValue)) \(file.path)
            """
        let program = RunningProgram(
            path: try #require(Environment.find("unshare")), ["--mount", "sh", "-c", command], environment: environment)
        #expect(program.says("the control socket is"))
        program.send(SIGTERM)
        #expect(program.end().status == 0)
        return systemLog.all().count { $0.contains("thread priority") }
    }
}
