// SPDX-License-Identifier: GPL-2.0-or-later

import Glibc
import Support

/// `engarde` by one of its names, started as a process.
final class RunningProgram {
    enum Name: String, CaseIterable, Sendable {
        case client = "engarde-client"
        case server = "engarde-server"
    }

    /// How a program ended.
    struct End: Equatable {
        /// The exit status, or 128 and the signal.
        var status: Int32
        var output: String
        var errors: String

        var errorLines: [Substring] { errors.split(separator: "\n") }
    }

    /// Seconds a program may take.
    private static let patienceSeconds = 2 * Int(Patience.seconds)

    /// Where its control socket is.
    let runtime: TemporaryFolder
    private let process: pid_t

    /// What it has in memory now.
    var residentKibibytes: Int {
        guard let file = fopen("/proc/\(process)/statm", "r") else { return 0 }
        defer { fclose(file) }
        var text = [CChar](repeating: 0, count: 256)
        fgets(&text, 256, file)
        let fields = String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self).split(separator: " ")
        return (fields.count > 1 ? Int(fields[1]) ?? 0 : 0) * Int(getpagesize()) / 1024
    }
    private var output = Pipe()
    private var errors = Pipe()
    private var status: Int32?

    private struct Pipe {
        var descriptor: Int32 = -1
        var bytes: [UInt8] = []
    }

    convenience init(
        _ name: Name, _ arguments: [String], input: String = "", closed: Set<Int32> = [],
        runtime: TemporaryFolder? = nil, environment: [String: String] = [:], isJournaled: Bool = false
    ) {
        self.init(
            path: Environment.engarde(name.rawValue), arguments, input: input, closed: closed, runtime: runtime,
            environment: environment, isJournaled: isJournaled)
    }

    /// - Parameters:
    ///   - input: what it reads from its standard input.
    ///   - closed: of its three standard streams, which it does not have at all.
    ///   - runtime: the folder of its control socket; nil for one of its own.
    ///   - environment: added to ours.
    ///   - isJournaled: whether it is told that its standard error goes to the journal.
    init(
        path: String, _ arguments: [String], input: String = "", closed: Set<Int32> = [],
        runtime: TemporaryFolder? = nil, environment added: [String: String] = [:], isJournaled: Bool = false
    ) {
        let streams = (0..<3).map { _ in Self.pipe() }
        self.runtime = runtime ?? (try! TemporaryFolder())
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        for stream in 0..<3 as Range<Int32> {
            if closed.contains(stream) {
                posix_spawn_file_actions_addclose(&actions, stream)
            } else {
                let pair = streams[Int(stream)]
                posix_spawn_file_actions_adddup2(&actions, stream == 0 ? pair.read : pair.write, stream)
            }
        }
        // The test's own signal mask and dispositions are not the program's business.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        sigfillset(&signals)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
        var words: [UnsafeMutablePointer<CChar>?] = ([path] + arguments).map { strdup($0) } + [nil]
        // Its control socket is in a folder of its own.
        var variables = Environment.current
        variables["RUNTIME_DIRECTORY"] = self.runtime.path
        // The tests' own service manager and journal are not the program's.
        for name in ["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"] { variables[name] = nil }
        variables["JOURNAL_STREAM"] = isJournaled ? Self.journalStream(streams[2].write) : nil
        variables.merge(added) { $1 }
        var environment = variables.map { strdup("\($0.key)=\($0.value)") } + [nil]
        var process = pid_t()
        let failure = posix_spawn(&process, path, &actions, &attributes, &words, &environment)
        precondition(failure == 0, "cannot start \(path): \(failure)")
        for word in words + environment { free(word) }
        posix_spawn_file_actions_destroy(&actions)
        posix_spawnattr_destroy(&attributes)
        self.process = process
        close(streams[0].read)
        close(streams[1].write)
        close(streams[2].write)
        output.descriptor = streams[1].read
        errors.descriptor = streams[2].read
        let bytes = Array(input.utf8)
        precondition(bytes.count < 65_536, "fits the pipe")
        if !bytes.isEmpty { _ = write(streams[0].write, bytes, bytes.count) }
        close(streams[0].write)
    }

    deinit {
        if status == nil {
            kill(process, SIGKILL)
            _ = end()
        }
        close(output.descriptor)
        close(errors.descriptor)
    }

    /// Both ends close on exec: a program must not hold another one's.
    private static func pipe() -> (read: Int32, write: Int32) {
        var ends: [Int32] = [0, 0]
        precondition(pipe2(&ends, O_CLOEXEC) == 0)
        return (ends[0], ends[1])
    }

    /// A descriptor's device and inode, as systemd tells those of the stream to the journal.
    private static func journalStream(_ descriptor: Int32) -> String {
        var file = stat()
        fstat(descriptor, &file)
        return "\(file.st_dev):\(file.st_ino)"
    }

    /// Runs `engarde` by its own name to its end.
    static func run(_ arguments: [String], input: String = "", runtime: TemporaryFolder? = nil) -> End {
        RunningProgram(path: "\(Environment.executableFolder)/engarde", arguments, input: input, runtime: runtime).end()
    }

    /// Runs a program to its end.
    static func run(_ name: Name, _ arguments: [String], input: String = "", closed: Set<Int32> = []) -> End {
        RunningProgram(name, arguments, input: input, closed: closed).end()
    }

    func send(_ signal: Int32) { kill(process, signal) }

    /// Sends a signal, again once a second while it does not end, and waits for its end.
    func stop(_ signal: Int32) -> End {
        let deadline = Monotonic.deadline(seconds: Patience.seconds)
        var information = siginfo_t()
        repeat {
            send(signal)
            _ = Monotonic.wait(seconds: 1) {
                waitid(P_PID, id_t(process), &information, WEXITED | WNOHANG | WNOWAIT) == 0
                    && information.si_signo == SIGCHLD
            }
        } while information.si_signo != SIGCHLD && Monotonic.nanoseconds < deadline
        return end()
    }

    /// Reads what it writes to its standard error until `text` is in it; false when it never is.
    func says(_ text: String) -> Bool {
        read { $0.contains(text) }
        return errorText.contains(text)
    }

    /// Reads what it writes to its standard output until `text` is in it; false when it never is.
    func prints(_ text: String) -> Bool {
        read { _ in outputText.contains(text) }
        return outputText.contains(text)
    }

    private var outputText: String { String(decoding: output.bytes, as: UTF8.self) }

    /// Waits until it does something of its own about a signal; before that the signal would just end it. It ignores
    /// the signal some instructions before it listens to it, so ``stop(_:)`` repeats it.
    func isHandling(_ signal: Int32) -> Bool {
        let deadline = Monotonic.deadline(seconds: Patience.seconds)
        while Monotonic.nanoseconds < deadline {
            for line in Self.text("/proc/\(process)/status").split(separator: "\n")
            where line.hasPrefix("SigCgt:") || line.hasPrefix("SigIgn:") {
                let mask = UInt64(line.split(separator: "\t").last!, radix: 16) ?? 0
                if mask >> UInt64(signal - 1) & 1 == 1 { return true }
            }
            usleep(5_000)
        }
        return false
    }

    private static func text(_ path: String) -> String {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return "" }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 8_192)
        let count = Glibc.read(descriptor, &bytes, bytes.count)
        return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
    }

    /// The thread of that name; nil when there is none.
    func thread(named name: String) -> pid_t? {
        directoryEntries("/proc/\(process)/task").first { Self.text("/proc/\(process)/task/\($0)/comm") == "\(name)\n" }
            .flatMap { pid_t($0) }
    }

    /// What one of its descriptors is.
    func target(of descriptor: Int) -> String? {
        var path = [CChar](repeating: 0, count: 256)
        let length = readlink("/proc/\(process)/fd/\(descriptor)", &path, path.count - 1)
        return length < 0
            ? nil : String(decoding: path[..<length].map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    private var errorText: String { String(decoding: errors.bytes, as: UTF8.self) }

    /// Waits for its end; one that takes too long is killed.
    func end() -> End {
        read { _ in false }
        if status == nil {
            var result: Int32 = 0
            for _ in 0..<(Self.patienceSeconds * 1_000) where waitpid(process, &result, WNOHANG) == 0 {
                usleep(1_000)
            }
            if waitpid(process, &result, WNOHANG) == 0 {
                kill(process, SIGKILL)
                waitpid(process, &result, 0)
            }
            status = result & 0x7f == 0 ? result >> 8 & 0xff : 128 + result & 0x7f
        }
        return End(
            status: status!, output: outputText, errors: errorText)
    }

    /// Reads both streams until `isEnough`, their end, or the end of patience.
    private func read(until isEnough: (String) -> Bool) {
        let limit = time(nil) + Self.patienceSeconds
        while !isEnough(errorText), time(nil) < limit {
            var wanted = [
                pollfd(fd: output.descriptor, events: Int16(POLLIN), revents: 0),
                pollfd(fd: errors.descriptor, events: Int16(POLLIN), revents: 0),
            ]
            guard poll(&wanted, 2, 1_000) > 0 else { continue }
            if wanted[0].revents != 0 { Self.read(&output) }
            if wanted[1].revents != 0 { Self.read(&errors) }
            if output.descriptor < 0 && errors.descriptor < 0 { return }
        }
    }

    private static func read(_ pipe: inout Pipe) {
        var chunk = [UInt8](repeating: 0, count: 65_536)
        let count = Glibc.read(pipe.descriptor, &chunk, chunk.count)
        if count > 0 {
            pipe.bytes += chunk[..<count]
            return
        }
        close(pipe.descriptor)
        pipe.descriptor = -1
    }
}
