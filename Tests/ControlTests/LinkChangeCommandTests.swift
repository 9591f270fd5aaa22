// SPDX-License-Identifier: GPL-2.0-or-later

import Glibc
import Status
import Support
import Testing

@testable import Control

@Suite struct LinkChangeCommandTests {
    private let folder: TemporaryFolder
    private let log = KeptLog()

    init() throws { folder = try TemporaryFolder() }

    private func script(_ body: String) throws -> String {
        let path = try folder.write("#!/bin/sh\ncd \(folder.path)\n\(body)\n", to: "command")
        chmod(path, 0o700)
        return path
    }

    private func text(_ name: String) -> String {
        guard let file = fopen("\(folder.path)/\(name)", "r") else { return "" }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 65_536)
        let count = fread(&bytes, 1, bytes.count, file)
        return String(decoding: bytes[..<count], as: UTF8.self)
    }

    /// Returns once the running command has written the file `stuck`, which it then removes: the time of a command is up
    /// when it has come so far, however slow the machine is.
    private func untilStuck() -> @Sendable () async throws -> Void {
        let path = "\(folder.path)/stuck"
        return { while unlink(path) != 0 { try await Task.sleep(for: .milliseconds(10)) } }
    }

    private func until(_ condition: () -> Bool) async throws {
        let limit = ContinuousClock.now + .seconds(Patience.seconds)
        while !condition(), ContinuousClock.now < limit { try await Task.sleep(for: .milliseconds(10)) }
        try #require(condition(), "\(log.lines)")
    }

    @Test func getsTheArgumentsAsTheyAre() async throws {
        let path = try script("for word in \"$@\"; do echo \"<$word>\" >> out; done; echo . >> done")
        let command = LinkChangeCommand(words: [path, "two words"], log: log.logger)
        command.tell(link: "$(id)", old: .carrying, new: .silent, reason: "it's \"quiet\"; rm")
        command.tell(link: "wlan0", old: .silent, new: .carrying, reason: "")
        try await until { text("done") == ".\n.\n" }
        #expect(
            text("out") == """
                <two words>\n<$(id)>\n<carrying>\n<silent>\n<it's "quiet"; rm>
                <two words>\n<wlan0>\n<silent>\n<carrying>\n<>\n
                """)
        #expect(log.lines.isEmpty)
    }

    @Test func getsNothingElseOfOurs() async throws {
        var pipe: [Int32] = [0, 0]
        #expect(Glibc.pipe(&pipe) == 0)  // inheritable
        let (reading, high) = (pipe[0], dup2(pipe[1], 200))
        defer { for descriptor in [reading, pipe[1], high] { close(descriptor) } }
        let path = try script(
            """
            for d in /proc/$$/fd/*; do echo "${d##*/} $(readlink $d)"; done > out
            cut -d' ' -f6 /proc/$$/stat > session; echo $$ > pid
            exec sed -n '/^Sig[BI]/w signals' /proc/self/status
            """)
        var blocked = sigset_t()
        sigemptyset(&blocked)
        sigaddset(&blocked, SIGUSR2)
        var before = sigset_t()
        pthread_sigmask(SIG_BLOCK, &blocked, &before)
        let command = LinkChangeCommand(words: [path], log: log.logger)
        command.tell(link: "a", old: .carrying, new: .silent, reason: "")
        pthread_sigmask(SIG_SETMASK, &before, nil)
        try await until { text("signals").count { $0 == "\n" } == 2 }
        let descriptors = text("out").split(separator: "\n")
        #expect(descriptors.contains("0 /dev/null"))
        var status = stat()
        #expect(fstat(high, &status) == 0)
        let ours = "pipe:[\(status.st_ino)]"
        #expect(!descriptors.contains { $0.contains(ours) || $0.hasPrefix("200 ") }, "\(descriptors)")
        #expect(!descriptors.contains { $0.contains("socket:") && !$0.hasPrefix("2 ") }, "\(descriptors)")
        // Of its own two signals, 32 and 33, glibc makes ignored ones.
        let signals = text("signals").split(whereSeparator: \.isWhitespace).compactMap { UInt64($0, radix: 16) }
        #expect(signals.map { $0 & ~0x1_8000_0000 } == [0, 0], "\(text("signals"))")
        #expect(text("session") == text("pid"))
    }

    @Test func slowOnesHoldNobodyUpAndTheOldestGiveWay() async throws {
        let path = try script("echo \"$1\" >> out; while [ ! -e go ]; do sleep 0.05; done")
        let command = LinkChangeCommand(words: [path], log: log.logger)
        command.tell(link: "first", old: .carrying, new: .silent, reason: "")
        try await until { text("out") == "first\n" }
        // Who waited for the first would wait for ever: it ends when there is a file that is written later.
        for number in 0..<100 { command.tell(link: "\(number)", old: .carrying, new: .silent, reason: "") }
        #expect(command.droppedCount == 36)
        #expect(text("out") == "first\n")
        _ = try folder.write("", to: "go")
        let expected = (["first"] + (36..<100).map { "\($0)" }).map { $0 + "\n" }.joined()
        try await until { text("out") == expected && log.lines.count == 2 }
        #expect(
            log.lines == [
                "warning: onLinkChange: \(path) is too slow, the oldest changes are not told",
                "notice: onLinkChange: \(path) has caught up, 36 changes were not told",
            ])
    }

    @Test func whoIgnoresTheEndIsKilledWithItsChildren() async throws {
        // It ends by itself where nobody is left to kill it.
        let path = try script(
            """
            trap 'echo term >> out' TERM
            sleep 100 & echo $! > child
            touch stuck
            for second in $(seq 100); do sleep 1; done
            """)
        let command = LinkChangeCommand(
            words: [path], log: log.logger, patience: .seconds(5), timeIsUp: untilStuck(), mercy: .seconds(20))
        command.tell(link: "a", old: .carrying, new: .silent, reason: "")
        try await until { !log.lines.isEmpty }
        #expect(log.lines[0].hasPrefix("warning: onLinkChange: \(path) was ended, it took longer than 5"))
        #expect(text("out") == "term\n")
        let child = try #require(pid_t(text("child").filter(\.isNumber)))
        try await until { isGone(child) }
    }

    @Test func afterOneWasKilledTheNextRuns() async throws {
        let path = try script("echo $1 >> out; if [ $1 = a ]; then touch stuck; exec sleep 1000; fi")
        let command = LinkChangeCommand(words: [path], log: log.logger, timeIsUp: untilStuck())
        command.tell(link: "a", old: .carrying, new: .silent, reason: "")
        command.tell(link: "b", old: .carrying, new: .silent, reason: "")
        try await until { log.lines.count == 2 }
        #expect(text("out") == "a\nb\n")
        #expect(log.lines[1] == "notice: onLinkChange: \(path) works again")
    }

    @Test(arguments: ["/nowhere/at/all", "no-such-program-anywhere"])
    func aMissingProgramIsToldOnce(_ program: String) async throws {
        let command = LinkChangeCommand(words: [program], log: log.logger)
        for _ in 0..<70 { command.tell(link: "a", old: .carrying, new: .silent, reason: "") }
        try await until { !log.lines.filter { $0.contains("cannot be run") }.isEmpty }
        try await Task.sleep(for: .milliseconds(300))
        let lines = log.lines.filter { $0.contains("cannot be run") }
        #expect(lines.count == 1 && lines[0].hasPrefix("warning: onLinkChange: \(program) cannot be run: "), "\(lines)")
    }

    @Test func aProgramInThePath() async throws {
        let command = LinkChangeCommand(words: ["sh", "-c", "echo $* > \(folder.path)/out", "sh"], log: log.logger)
        command.tell(link: "a", old: .idle, new: .carrying, reason: "b")
        try await until { text("out") == "a idle carrying b\n" }
    }

    @Test func aBadEndIsToldOnce() async throws {
        let path = try script("echo . >> out; exit 3")
        let command = LinkChangeCommand(words: [path], log: log.logger)
        for _ in 0..<5 { command.tell(link: "a", old: .carrying, new: .silent, reason: "") }
        try await until { text("out").count == 10 }
        try await Task.sleep(for: .milliseconds(100))
        #expect(log.lines == ["warning: onLinkChange: \(path) ended with status 3"])
    }

    /// A zombie that waits for init counts as gone.
    private func isGone(_ pid: pid_t) -> Bool {
        guard let file = fopen("/proc/\(pid)/stat", "r") else { return true }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 512)
        let count = fread(&bytes, 1, bytes.count, file)
        return String(decoding: bytes[..<count], as: UTF8.self).contains(") Z ")
    }
}
