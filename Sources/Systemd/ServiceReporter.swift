// SPDX-License-Identifier: GPL-2.0-or-later

public import Logging
public import ServiceLifecycle
public import Status

/// Tells the service manager when the program relays, how it is, that it is alive and that it stops.
///
///     READY=1      once the sockets are open and the loop turns
///     STATUS=…     when the line is another one, but not more often than every few seconds
///     WATCHDOG=1   at half the interval, each after a turn of the loop that was asked for
///     STOPPING=1   at the end
public struct ServiceReporter: Service {
    /// The least time for which a line stays, and the interval at which it is looked at when nothing changes its state.
    struct Pace {
        var least = Duration.seconds(3)
        var most = Duration.seconds(30)
    }

    let notify: NotifySocket
    let watchdog: Duration?
    let program: any SupervisedProgram
    let statusLine: @Sendable () async -> String
    let onChange: @Sendable (@escaping @Sendable () -> Void) -> Void
    let log: Logger
    var pace = Pace()

    /// - Parameters:
    ///   - watchdog: how long the manager waits for a sign of life; nil for ever.
    ///   - statusLine: how the program is.
    ///   - onChange: has a handler called when that may have changed.
    public init(
        notify: NotifySocket, watchdog: Duration?, program: any SupervisedProgram,
        statusLine: @escaping @Sendable () async -> String,
        onChange: @escaping @Sendable (@escaping @Sendable () -> Void) -> Void, log: Logger
    ) {
        self.notify = notify
        self.watchdog = watchdog
        self.program = program
        self.statusLine = statusLine
        self.onChange = onChange
        self.log = log
    }

    /// Reports until the service group shuts down, and never throws.
    public func run() async {
        try? await cancelWhenGracefulShutdown { try await report() }
        _ = notify.send("STOPPING=1")
    }

    private func report() async throws {
        while !(await program.hasStarted()) { try await Task.sleep(for: .milliseconds(20)) }
        try await program.turn()
        let line = await statusLine()
        while !notify.send("READY=1", "STATUS=\(line)") { try await Task.sleep(for: .milliseconds(100)) }
        try await withThrowingTaskGroup { tasks in
            tasks.addTask { try await tellStatus(after: line) }
            if let watchdog { tasks.addTask { try await feedWatchdog(every: watchdog / 2) } }
            try await tasks.waitForAll()
        }
    }

    private func feedWatchdog(every interval: Duration) async throws {
        while true {
            try await turn(late: interval / 2)
            _ = notify.send("WATCHDOG=1")
            try await Task.sleep(for: interval)
        }
    }

    /// Waits for a turn of the loop, and logs when it takes too long.
    private func turn(late patience: Duration) async throws {
        let alarm = Task {
            try await Task.sleep(for: patience)
            log.error("the data plane's loop has not turned for \(patience)")
        }
        defer { alarm.cancel() }
        try await program.turn()
    }

    private func tellStatus(after first: String) async throws {
        let (changes, change) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        onChange { change.yield() }
        try await withThrowingTaskGroup { tasks in
            tasks.addTask {
                while true {
                    try await Task.sleep(for: pace.most)
                    change.yield()
                }
            }
            tasks.addTask {
                var told = first
                for await _ in changes {
                    let line = await statusLine()
                    if line != told, notify.send("STATUS=\(line)") { told = line }
                    try await Task.sleep(for: pace.least)
                }
            }
            try await tasks.waitForAll()
        }
    }
}
