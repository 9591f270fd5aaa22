// SPDX-License-Identifier: GPL-2.0-or-later

public import Glibc

/// A child process in a namespace, its output collected line by line, ended by its own process id only.
///
/// It has a process group of its own, so that Ctrl-C on a terminal reaches us and not it: we end it in our order.
public final class Program: Sendable {
    public enum Stream: Sendable { case output, error }

    public struct Line: Sendable {
        public let stream: Stream
        /// When we read it, CLOCK_MONOTONIC.
        public let nanoseconds: Int64
        public let text: String
    }

    private struct State {
        var lines: [Line] = []
        var open = 2
        var status: ExitStatus?
        var cleanup = 0
    }

    /// Lines kept; a program that says more loses its oldest ones.
    private static let linesMax = 100_000

    public let pid: pid_t
    public let name: String
    private let state = Monitor(State())

    /// Starts `arguments[0]`, searched in PATH and the sbin folders.
    ///
    /// - Parameters:
    ///   - environment: added to ours.
    ///   - input: what the program reads on standard input, at most a pipe full (64 KiB); nothing else follows.
    ///   - onLine: called on a reading thread with every line as it comes.
    public init(
        _ arguments: [String], in namespace: Namespace? = nil, environment: [String: String] = [:],
        input: String = "", onLine: (@Sendable (Line) -> Void)? = nil
    ) throws {
        name = arguments[0].split(separator: "/").last.map(String.init) ?? arguments[0]
        let standardInput = try Pipe()
        let output = try Pipe()
        let error = try Pipe()
        if let namespace {
            // A child inherits the namespaces of the thread that forks it.
            pid = try namespace.inside {
                try spawn(
                    arguments, environment: environment, input: standardInput.read, output: output.write,
                    error: error.write)
            }
        } else {
            pid = try spawn(
                arguments, environment: environment, input: standardInput.read, output: output.write,
                error: error.write)
        }
        standardInput.closeRead()
        output.closeWrite()
        error.closeWrite()
        let bytes = Array(input.utf8)
        _ = bytes.withUnsafeBytes { write(standardInput.write, $0.baseAddress, $0.count) }
        standardInput.closeWrite()
        let token = Cleanup.register { [state, pid] in
            state.with { if $0.status == nil { kill(pid, SIGKILL) } }
        }
        state.with { $0.cleanup = token }
        read(output.read, .output, onLine)
        read(error.read, .error, onLine)
        reap()
    }

    private func read(_ descriptor: Int32, _ stream: Stream, _ onLine: (@Sendable (Line) -> Void)?) {
        startThread("read \(name)") { [state] in
            var splitter = LineSplitter()
            while let texts = splitter.next(descriptor) {
                let now = Monotonic.nanoseconds
                let lines = texts.map { Line(stream: stream, nanoseconds: now, text: $0) }
                if let onLine { lines.forEach(onLine) }
                state.with {
                    $0.lines += lines
                    if $0.lines.count > Self.linesMax { $0.lines.removeFirst(Self.linesMax / 2) }
                }
            }
            close(descriptor)
            state.with { $0.open -= 1 }
        }
    }

    private func reap() {
        startThread("wait \(name)") { [state, pid] in
            // Waits without reaping, so that the id stays ours until nobody can signal it any more.
            var information = siginfo_t()
            while waitid(P_PID, id_t(pid), &information, WEXITED | WNOWAIT) != 0 && errno == EINTR {}
            let token = state.with {
                var status: Int32 = 0
                while waitpid(pid, &status, 0) < 0 && errno == EINTR {}
                $0.status = ExitStatus(wait: status)
                return $0.cleanup
            }
            Cleanup.unregister(token)
        }
    }

    /// Nil while it runs.
    public var status: ExitStatus? { state.with { $0.status } }

    /// Everything it has said so far.
    public var lines: [Line] { state.with { $0.lines } }

    /// Everything said on `stream`, joined.
    public func text(_ stream: Stream) -> String {
        lines.filter { $0.stream == stream }.map(\.text).joined(separator: "\n")
    }

    /// Sends a signal if the process is still ours to signal.
    public func signal(_ number: Int32) {
        state.with { if $0.status == nil { kill(pid, number) } }
    }

    /// The exit status, after the last of the output was read as well.
    public func waitForExit(seconds: Double = Patience.seconds) throws -> ExitStatus {
        let status = state.wait(seconds: seconds) { $0.status }
        guard let status else { throw LaboratoryFailure("\(name) still runs after \(seconds) s") }
        // A grandchild may hold the pipes open; what was written before the exit is there at once.
        _ = state.wait(seconds: 0.5) { $0.open == 0 ? true : nil }
        return status
    }

    /// The first line at or after the moment `after` that `matches`.
    public func waitForLine(
        seconds: Double = Patience.seconds, after: Int64 = 0, where matches: (String) -> Bool
    ) throws -> Line {
        let found: Line?? = state.wait(seconds: seconds) { state in
            if let line = state.lines.first(where: { $0.nanoseconds >= after && matches($0.text) }) {
                return .some(line)
            }
            return state.status != nil && state.open == 0 ? .some(nil) : nil
        }
        if let line = found ?? nil { return line }
        let said = lines.suffix(5).map(\.text).joined(separator: "\n  ")
        let ended = status.map { "ended with \($0)" } ?? "said nothing of the kind in \(seconds) s"
        throw LaboratoryFailure("\(name) \(ended); its last words:\n  \(said)")
    }

    /// Asks with `number`, insists with SIGKILL after `seconds`.
    @discardableResult
    public func stop(_ number: Int32 = SIGTERM, seconds: Double = Patience.seconds) -> ExitStatus? {
        signal(number)
        if let status = try? waitForExit(seconds: seconds) { return status }
        signal(SIGKILL)
        return try? waitForExit()
    }

    /// How many descriptors it has open.
    public var openDescriptors: Int { directoryEntries("/proc/\(pid)/fd").count }

    /// Resident memory in KiB, from `/proc/PID/status`.
    public var residentKibibytes: Int {
        for line in readText("/proc/\(pid)/status").split(separator: "\n") where line.hasPrefix("VmRSS:") {
            return line.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
        }
        return 0
    }

    /// Processor time used so far, user and system, in seconds.
    public var processorSeconds: Double {
        // Fields 14 and 15 of stat(5), counted behind the name's closing parenthesis.
        let fields = readText("/proc/\(pid)/stat").split(separator: ")").last?.split(separator: " ") ?? []
        guard fields.count > 12, let user = Double(fields[11]), let system = Double(fields[12]) else { return 0 }
        return (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
    }
}
