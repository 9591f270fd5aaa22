// SPDX-License-Identifier: GPL-2.0-or-later

import Logging
import ServiceLifecycle
import Support
import Synchronization
import Testing

@testable import Systemd

/// What the service manager hears of a program, and when.
@Suite struct ServiceReporterTests {
    private let folder: TemporaryFolder
    private let listener: NotifyListener
    private let program = FakeProgram()

    init() throws {
        folder = try TemporaryFolder()
        listener = try NotifyListener(in: folder)
    }

    /// Has a reporter run during `body`.
    private func report(watchdog: Duration? = nil, _ body: () async throws -> Void) async throws {
        var reporter = ServiceReporter(
            notify: NotifySocket(place: listener.place)!, watchdog: watchdog, program: program,
            statusLine: { [program] in program.state.withLock { $0.line } },
            onChange: { [program] handler in program.state.withLock { $0.handlers.append(handler) } },
            log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        reporter.pace = .init(least: .milliseconds(10), most: .milliseconds(100))
        let group = ServiceGroup(services: [reporter], logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        try await withThrowingTaskGroup { tasks in
            tasks.addTask { try await group.run() }
            do { try await body() } catch {
                await group.triggerGracefulShutdown()
                throw error
            }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
    }

    /// The next message. Others get to run meanwhile: there may be but one thread for all.
    private func next() async -> String? {
        for _ in 0..<Self.looks {
            if let message = listener.next(seconds: 0) { return message }
            try? await Task.sleep(for: .milliseconds(5))
        }
        return nil
    }

    private func hears(_ message: String) async -> Bool {
        while let next = await next() { if next == message { return true } }
        return false
    }

    /// Returns true when no message comes for so long.
    private func silence(milliseconds: Int) async -> Bool {
        try? await Task.sleep(for: .milliseconds(milliseconds))
        return listener.all().isEmpty
    }

    /// Of 5 ms each, and of far more when there is nobody to look.
    private static let looks = Int(Patience.milliseconds) / 5

    @Test("It is ready once it has started and its loop turns, and no sooner")
    func ready() async throws {
        program.state.withLock { $0.hasStarted = false }
        program.state.withLock { $0.isHung = true }
        try await report {
            #expect(await silence(milliseconds: 100))
            program.state.withLock { $0.hasStarted = true }
            #expect(await program.isWaitedFor())
            #expect(listener.all().isEmpty)
            program.state.withLock { $0.isHung = false }
            #expect(await next() == "READY=1\nSTATUS=1/1 link")
        }
        #expect(await hears("STOPPING=1"))
    }

    @Test("One that is ended before it is ready says so")
    func earlyEnd() async throws {
        program.state.withLock { $0.isHung = true }
        try await report { #expect(await program.isWaitedFor()) }
        #expect(listener.all() == ["STOPPING=1"])
    }

    @Test("Signs of life follow turns of the loop, and no turn is followed by none")
    func watchdog() async throws {
        try await report(watchdog: .milliseconds(20)) {
            #expect(await next()?.hasPrefix("READY=1") == true)
            for _ in 0..<5 { #expect(await hears("WATCHDOG=1")) }
            program.state.withLock { $0.isHung = true }
            #expect(await program.isWaitedFor())
            _ = listener.all()  // those before
            #expect(await silence(milliseconds: 500))
            program.state.withLock { $0.isHung = false }
            #expect(await hears("WATCHDOG=1"))
        }
    }

    @Test("Without a watchdog there are no signs of life")
    func noWatchdog() async throws {
        try await report {
            #expect(await next()?.hasPrefix("READY=1") == true)
            #expect(await silence(milliseconds: 500))
        }
    }

    @Test("A new line is told when it is another one, whether or not somebody says that it has changed")
    func status() async throws {
        try await report {
            #expect(await next()?.hasPrefix("READY=1") == true)
            #expect(await silence(milliseconds: 500), "the same line")
            program.state.withLock { $0.line = "1/2 links" }
            #expect(await next() == "STATUS=1/2 links")
            program.change(to: "2/2 links")
            #expect(await next() == "STATUS=2/2 links")
        }
        #expect(listener.all() == ["STOPPING=1"])
    }
}
