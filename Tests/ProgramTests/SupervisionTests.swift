// SPDX-License-Identifier: GPL-2.0-or-later

import Glibc
import Support
import Testing

/// What the service manager and the journal get of the programs.
@Suite struct SupervisionTests {
    /// A program that reports to `listener`, which lives in the program's folder.
    private static func start(
        _ name: RunningProgram.Name, _ listener: NotifyListener, watchdogMicroseconds: Int? = nil,
        engine: String = "auto"
    ) throws -> RunningProgram {
        let file = try ConfigurationFixture.alone(name)
        var environment = ["NOTIFY_SOCKET": listener.place]
        environment["WATCHDOG_USEC"] = watchdogMicroseconds.map { "\($0)" }
        let program = RunningProgram(name, [file.path, "--engine", engine], environment: environment)
        if !program.says("listening for") {
            throw LaboratoryFailure("\(name.rawValue) does not start: \(program.end().errors)")
        }
        return program
    }

    @Test(
        "It says when it relays, how it is and that it stops", arguments: RunningProgram.Name.allCases, [true, false])
    func report(_ name: RunningProgram.Name, isAbstract: Bool) throws {
        let folder = try TemporaryFolder()
        let listener = try NotifyListener("\(isAbstract ? "@" : "")\(folder.path)/notify")
        let program = try Self.start(name, listener)
        let ready = try #require(listener.next())
        #expect(ready.hasPrefix("READY=1\nSTATUS="))
        #expect(
            ready.hasSuffix(name == .client ? " links" : "=0 sessions, 0 paths") || ready.hasSuffix(" link"), "\(ready)"
        )
        program.send(SIGTERM)
        #expect(program.end().status == 0)
        #expect(listener.all().last == "STOPPING=1")
    }

    @Test(
        "Signs of life end when the data plane's thread stands still, and only then",
        .enabled(if: geteuid() == 0, "others may not stop a thread of another process"),
        arguments: RunningProgram.Name.allCases, ["auto", "polling"])
    func watchdog(_ name: RunningProgram.Name, engine: String) throws {
        let folder = try TemporaryFolder()
        let listener = try NotifyListener(in: folder)
        let program = try Self.start(name, listener, watchdogMicroseconds: 200_000, engine: engine)
        #expect(listener.next()?.hasPrefix("READY=1") == true)
        for _ in 0..<3 { #expect(listener.hears("WATCHDOG=1"), "nothing crosses it, and it turns all the same") }

        let thread = try #require(program.thread(named: "data-plane"))
        guard let stopped = StoppedThread(thread) else {
            Issue.record("the thread cannot be stopped: \(String(cString: strerror(errno)))")
            return
        }
        // Those on their way, and then none for five times the interval.
        let deadline = Monotonic.deadline(seconds: Patience.seconds)
        while listener.next(seconds: 1) != nil, Monotonic.nanoseconds < deadline {}
        #expect(Monotonic.nanoseconds < deadline, "they go on")
        #expect(program.says("the data plane's loop has not turned for"))
        stopped.resume()
        #expect(listener.hears("WATCHDOG=1"))
        program.send(SIGTERM)
        #expect(program.end().status == 0)
    }

    @Test("To the journal it writes priorities and no time", arguments: RunningProgram.Name.allCases)
    func journal(_ name: RunningProgram.Name) throws {
        let file = try ConfigurationFixture.alone(name, "no-such-key: 1")
        let program = RunningProgram(name, [file.path], isJournaled: true)
        #expect(program.says("listening for"))
        program.send(SIGTERM)
        let lines = program.end().errorLines
        #expect(lines.first?.hasPrefix("<5>\(name.rawValue) ") == true)
        #expect(lines.contains { $0.hasPrefix("<4>") && $0.contains("no-such-key") })
        #expect(lines.last == "<5>stopped")
        #expect(lines.allSatisfy { $0.first == "<" && $0.dropFirst(2).first == ">" }, "\(lines)")
    }

    @Test("A refusal is an error to the journal")
    func refusal() {
        let program = RunningProgram(.client, ["/no/such/file.yml"], isJournaled: true)
        let end = program.end()
        #expect(end.status == 1)
        #expect(end.errorLines.count == 1 && end.errors.hasPrefix("<3>/no/such/file.yml: "), "\(end.errors)")
    }

    @Test("A standard error that is not the stream systemd named is written as ever")
    func notTheJournal() throws {
        let file = try ConfigurationFixture.alone(.client)
        let program = RunningProgram(.client, [file.path], environment: ["JOURNAL_STREAM": "1:1"])
        #expect(program.says("listening for"))
        program.send(SIGTERM)
        let end = program.end()
        #expect(
            end.errorLines.allSatisfy { $0.first?.isNumber == true && $0.contains(" engarde-client: [") },
            "\(end.errors)")
    }
}
