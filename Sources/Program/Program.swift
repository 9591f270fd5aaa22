// SPDX-License-Identifier: GPL-2.0-or-later

public import ArgumentParser
public import Settings
internal import Control
internal import ControlClient
internal import Glibc
internal import Host
public import Logging
public import ServiceLifecycle
internal import Setup
public import Status
internal import Systemd
internal import UnixSignals
internal import Version
public import WebManager

/// Parses command lines and runs, logs, stops and fails for all commands alike.
public enum Program {
    public static var version: String { programVersion }

    /// Reads and changes the environment, which has to happen before there are other threads.
    public static func prepare() {
        _ = supervision
        DispatchLog.silenceRefusals()
    }

    private static let supervision = Supervision.take()
    private static let isReadByJournal = Journal.reads(2, stream: getenv("JOURNAL_STREAM").map { String(cString: $0) })

    /// Parses the command line and runs the command; ends the process with 0, or with 1 and one clear line.
    public static func main<Root: AsyncParsableCommand>(_ root: Root.Type) async -> Never {
        // A reader that went away, as in `engarde-client --example | head -1`, must not look like a crash.
        signal(SIGPIPE, SIG_IGN)
        // Until the service group listens to these there is nothing to stop but the process.
        for early in [SIGTERM, SIGINT] { signal(early) { _ in _exit(0) } }
        do {
            var command = try root.parseAsRoot()
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
            exit(0)
        } catch {
            fail(root, error)
        }
    }

    private static func fail<Root: ParsableCommand>(_ root: Root.Type, _ error: any Error) -> Never {
        if root.exitCode(for: error) == .success {  // --help
            print(root.message(for: error))
            exit(0)
        }
        let text: String
        switch error {
        case let refusal as ConfigurationRefusal: text = refusal.description
        case let failure as ControlFailure: text = failure.description
        case let refusal as StartRefusal: text = refusal.description
        case let failure as SetupFailure: text = failure.description
        case let failure as HostFailure: text = failure.description
        case let refusal as BundleRefusal: text = refusal.description
        case let status as ExitCode: exit(status.rawValue)
        default: text = commandLineProblem(root, error)
        }
        writeError(text)
        exit(1)
    }

    /// What is wrong with the command line, in one line: the parser's first, and its last, which names the help.
    private static func commandLineProblem<Root: ParsableCommand>(_ root: Root.Type, _ error: any Error) -> String {
        var problem = root.message(for: error).prefix { $0 != "\n" }
        if problem.hasSuffix(".") { problem.removeLast() }
        let hint = root.fullMessage(for: error).split(separator: "\n").last?.drop { $0 == " " } ?? ""
        return hint.hasPrefix("See ") ? "\(problem); s\(hint.dropFirst())" : String(problem)
    }

    /// Prints what a check has to warn of and how many warnings that is, the password's file looked at.
    public static func printChecked(
        _ file: String, _ warnings: [Diagnostic], command: [String], _ webManager: WebManagerConfiguration?
    ) {
        let password = webManager.flatMap { WebSettings($0).passwordFileProblem }
        let others =
            NamedProgram.warnings(command: command) + (password.map { ["webManager.passwordFile: \($0)"] } ?? [])
        for warning in warnings { print(warning) }
        for warning in others { print("\(file): warning: \(warning)") }
        print("\(file): good, \(warnings.count + others.count) warnings")
    }

    /// A logger that writes to the standard error, in the journal's form where that is the journal.
    public static func logger(_ name: String, level: LogLevel) -> Logger {
        var logger = Logger(label: name) { label in
            if isReadByJournal { return JournalLogHandler { write($0) } }
            return StreamLogHandler.standardError(label: label)
        }
        logger.logLevel = Logger.Level(rawValue: level.rawValue)!  // the words are swift-log's own
        return logger
    }

    /// Logs what the file wants said and runs `service` until SIGTERM or SIGINT.
    ///
    /// - Parameter role: what the web manager shows of it.
    public static func serve<Relay: Service & SupervisedProgram>(
        _ service: @autoclosure () throws -> Relay, role: (Relay) -> WebRole, warnings: [Diagnostic],
        writeTimeoutMilliseconds: Int?, webManager: WebManagerConfiguration?, controlSocket: ControlSocket?,
        description: String, name: String, log: Logger
    ) async throws {
        raiseDescriptorLimit()
        // First, so that a refusal is the only line.
        let service = try service()
        log.notice("\(name) \(version)\(description.isEmpty ? "" : ", \(description)")")
        for warning in warnings { log.warning("\(warning)") }
        if writeTimeoutMilliseconds != nil {
            log.debug("writeTimeout has nothing to do: sends never wait")
        }
        var quiet = log
        quiet.logLevel = max(log.logLevel, .warning)
        let role = role(service)
        var services = [ServiceGroupConfiguration.ServiceConfiguration(service: service)]
        if webManager != nil || controlSocket != nil {
            // Whatever becomes of it, the tunnel goes on.
            services.append(
                .init(
                    service: WebServerGroup(
                        webManager.map { WebSettings($0) }, controlSocket: controlSocket, role: role, log: log),
                    successTerminationBehavior: .ignore, failureTerminationBehavior: .ignore))
        }
        if let notify = supervision.notify {
            // The last one is told first that the end has come.
            services.append(
                .init(
                    service: ServiceReporter(
                        notify: notify, watchdog: supervision.watchdog, program: service, statusLine: role.statusLine,
                        onChange: role.onChange, log: log),
                    successTerminationBehavior: .ignore, failureTerminationBehavior: .ignore))
        }
        let group = ServiceGroup(
            configuration: .init(
                services: services, gracefulShutdownSignals: [.sigterm, .sigint], logger: quiet))
        try await group.run()
    }

    /// As many descriptors as the process may have: a server has a socket a session, and the usual first limit is 1,024.
    private static func raiseDescriptorLimit() {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        limit.rlim_cur = limit.rlim_max
        _ = setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }

    /// Writes a line to the standard error.
    public static func writeError(_ text: String) {
        if isReadByJournal { return write(Journal.lines(text, priority: 3)) }
        write(text.hasSuffix("\n") ? text : text + "\n")
    }

    private static func write(_ text: String) {
        var text = text
        text.withUTF8 { _ = Glibc.write(2, $0.baseAddress, $0.count) }
    }
}

extension WebRole {
    /// What the service manager shows.
    var statusLine: @Sendable () async -> String {
        switch self {
        case .client(let source): { StatusLine.words(await source.status()) }
        case .server(let source): { StatusLine.words(await source.status()) }
        }
    }

    var onChange: @Sendable (@escaping @Sendable () -> Void) -> Void {
        switch self {
        case .client(let source): { source.onChange($0) }
        case .server(let source): { source.onChange($0) }
        }
    }
}

extension WebSettings {
    init(_ configuration: WebManagerConfiguration) {
        self.init(listenHost: configuration.listenAddress.host, listenPort: configuration.listenAddress.port)
        username = configuration.username
        password = configuration.password
        passwordFile = configuration.passwordFile
        publicHosts = configuration.publicHosts
    }
}
