// SPDX-License-Identifier: GPL-2.0-or-later

internal import Logging
internal import Status
internal import Subprocess
internal import Synchronization
internal import SystemPackage

/// Tells a program about each link that has changed, the file's `onLinkChange`.
///
/// One runs at a time; changes wait for it in order, and the oldest give way when there are too many. A program gets
/// no shell, no descriptor of ours, default signals and a session of its own. Its standard input and output are
/// /dev/null; its standard error is ours, so that what it complains about stands beside our log. Ours to end: when its
/// time is up it and what it started get SIGTERM, and SIGKILL soon after. One still running when we end stays.
final class LinkChangeCommand: Sendable {
    /// Changes that wait at most.
    static let waitingMax = 64

    private struct State {
        var waiting: [[String]] = []
        var isRunning = false
        /// Changes nobody was told of since the last time that none waited, and since the start.
        var droppedNow: UInt64 = 0
        var dropped: UInt64 = 0
        var report = CommandReport()
    }

    private let state = Mutex(State())
    private let program: Executable
    private let name: String
    private let arguments: [String]
    private let log: Logger
    private let patience: Duration
    private let timeIsUp: @Sendable () async throws -> Void
    private let mercy: Duration

    /// - Parameters:
    ///   - words: the program, by path or by a name to be found in `PATH`, and its first arguments; not empty.
    ///   - patience: how long it may run.
    ///   - timeIsUp: returns when the running one has had its time; nil for after `patience`.
    ///   - mercy: how long it then has between SIGTERM and SIGKILL.
    init(
        words: [String], log: Logger, patience: Duration = .seconds(30),
        timeIsUp: (@Sendable () async throws -> Void)? = nil, mercy: Duration = .seconds(2)
    ) {
        name = words[0]
        program = words[0].contains("/") ? .path(FilePath(words[0])) : .name(words[0])
        arguments = Array(words.dropFirst())
        self.log = log
        self.patience = patience
        self.timeIsUp = timeIsUp ?? { try await Task.sleep(for: patience) }
        self.mercy = mercy
    }

    /// Changes nobody was told of.
    var droppedCount: UInt64 { state.withLock { $0.dropped } }

    /// Has the program run with the arguments `link`, `old`, `new` and `reason` after those in the file. Does not wait.
    func tell(link: String, old: CarryingState, new: CarryingState, reason: String) {
        let (mustStart, isFirstDrop) = state.withLock { state in
            state.waiting.append([link, old.rawValue, new.rawValue, reason])
            var isFirstDrop = false
            if state.waiting.count > Self.waitingMax {
                state.waiting.removeFirst()
                isFirstDrop = state.droppedNow == 0
                state.droppedNow += 1
                state.dropped += 1
            }
            defer { state.isRunning = true }
            return (!state.isRunning, isFirstDrop)
        }
        if isFirstDrop { log.warning("onLinkChange: \(name) is too slow, the oldest changes are not told") }
        if mustStart { Task.detached { await self.runAll() } }
    }

    /// Runs the program for each change that waits, until none does.
    private func runAll() async {
        while let change = next() {
            let outcome = await run(arguments + change)
            switch state.withLock({ $0.report.update(outcome, at: .now) }) {
            case .failed(let words): log.warning("onLinkChange: \(name) \(words)")
            case .recovered: log.notice("onLinkChange: \(name) works again")
            case nil: break
            }
        }
    }

    private func next() -> [String]? {
        let (change, dropped) = state.withLock { state -> ([String]?, UInt64) in
            if !state.waiting.isEmpty { return (state.waiting.removeFirst(), 0) }
            state.isRunning = false
            defer { state.droppedNow = 0 }
            return (nil, state.droppedNow)
        }
        if dropped > 0 { log.notice("onLinkChange: \(name) has caught up, \(dropped) changes were not told") }
        return change
    }

    private func run(_ arguments: [String]) async -> CommandReport.Outcome {
        var options = PlatformOptions()
        options.createSession = true
        options.teardownSequence = [.gracefulShutDown(toProcessGroup: true, allowedDurationToNextStep: mercy)]
        let run = Task { [program, options] in
            try await Subprocess.run(
                program, arguments: Arguments(arguments), platformOptions: options, input: .none, output: .discarded,
                error: .currentStandardError
            ).terminationStatus
        }
        let alarm = Task { [timeIsUp] in
            try await timeIsUp()
            run.cancel()
        }
        defer { alarm.cancel() }
        let result = await run.result
        if run.isCancelled { return .failed("was ended, it took longer than \(patience)") }
        switch result {
        case .success(.exited(0)): return .succeeded
        case .success(.exited(let code)): return .failed("ended with status \(code)")
        case .success(.signaled(let signal)): return .failed("was ended by signal \(signal)")
        case .failure(let error): return .failed("cannot be run: \(error)")
        }
    }
}
