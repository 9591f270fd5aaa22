// SPDX-License-Identifier: GPL-2.0-or-later

import Glibc
import Host
import Support
import Testing

@Suite struct CommandTests {
    @Test func isShownAsAShellTakesIt() {
        #expect("\(Command("ip", "link", "set", "mtu", "1420"))" == "ip link set mtu 1420")
        #expect("\(Command("sh", "-c", "echo 'it is'", ""))" == #"sh -c 'echo '\''it is'\''' ''"#)
    }

    @Test func endIsReported() async {
        let commands = SystemCommands()
        #expect(await commands.run(Command("sh", "-c", "cat; echo no >&2; exit 3")).status == 3)
        let echoed = await commands.run(Command(["cat"], input: "some\ntext"))
        #expect(echoed == CommandOutcome(output: "some\ntext"))
        #expect(await commands.run(Command("sh", "-c", "kill -9 $$")).status == 137)
        #expect(await commands.run(Command("sh", "-c", "echo first >&2; echo last >&2; exit 1")).complaint == "last")
        let missing = await commands.run(Command("engarde-no-such-program"))
        #expect(missing.status == CommandOutcome.notFoundStatus)
        #expect(missing.complaint == "engarde-no-such-program: no such program")
    }

    /// A program that cannot be run is not taken for a missing one: then there would be nothing to undo.
    @Test func onlyAMissingProgramIsNotFound() async throws {
        let folder = try TemporaryFolder()
        let files = Files(root: folder.path)
        for text in ["#!/no/such/interpreter\n", "no program"] {
            try files.write(text, to: "/program", mode: 0o755)
            let outcome = await SystemCommands().run(Command(folder.path + "/program"))
            #expect(outcome.status == CommandOutcome.notRunStatus)
            #expect(outcome.complaint.hasPrefix("\(folder.path)/program cannot be run: "))
        }
        let talkative = await SystemCommands().run(Command("head", "-c", "5000000", "/dev/zero"))
        #expect(talkative.status == CommandOutcome.notRunStatus)
    }

    @Test func aCancelledCommandIsEnded() async throws {
        let folder = try TemporaryFolder()
        let file = folder.path + "/pid"
        let task = Task {
            await SystemCommands().run(Command("sh", "-c", "echo $$ > '\(file)'; exec sleep 100000"))
        }
        var pid: pid_t?
        while pid == nil {
            try await Task.sleep(for: .milliseconds(5))
            pid = try Files().read(file).flatMap { $0.hasSuffix("\n") ? pid_t($0.dropLast()) : nil }
        }
        task.cancel()
        let outcome = await task.value
        #expect(outcome.complaint == "sh was cancelled")
        #expect(kill(pid!, 0) == -1 && errno == ESRCH)
    }

    @Test func whatHangsIsEnded() async {
        let outcome = await SystemCommands(patience: .milliseconds(50)).run(Command("sleep", "100000"))
        #expect(!outcome.succeeded)
    }
}
