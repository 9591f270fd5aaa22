// SPDX-License-Identifier: GPL-2.0-or-later

import Host
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

    @Test func whatHangsIsEnded() async {
        let outcome = await SystemCommands(patience: .milliseconds(50)).run(Command("sleep", "100000"))
        #expect(!outcome.succeeded)
    }
}
