// SPDX-License-Identifier: GPL-2.0-or-later

import Glibc

/// `engarde-client` or `engarde-server` at its end of a laboratory, with the file it was started with.
public final class Engarde {
    public enum End: String, Sendable { case client, server }

    public static let webPort = 9_001
    /// Lines for its section of the file that switch page and API on, on its machine's loopback.
    public static let webManager = """
          webManager:
            listenAddr: "127.0.0.1:\(webPort)"

        """

    public let end: End
    public let namespace: Namespace
    public private(set) var program: Program
    /// The file it was started with.
    public let file: String
    /// The socket that engarde's commands ask it by.
    public var controlSocket: String { "\(folder.path)/\(end.rawValue).sock" }
    private let arguments: [String]
    private let port: Int
    private let folder: TemporaryFolder

    /// Starts it and waits until it listens.
    ///
    /// - Parameters:
    ///   - path: the program.
    ///   - client: which of the laboratory's clients it is, counted from 0.
    ///   - engine: `auto`, `io_uring` or `polling`.
    ///   - destination: where the client's links or the server's upstream go, `host:port`.
    ///   - extra: more lines for its section of the file, indented by two spaces.
    ///   - options: further words of the command line.
    public init(
        _ end: End, path: String, in laboratory: Laboratory, client: Int = 0, engine: String = "auto",
        listen: String? = nil, destination: String? = nil, extra: String = "", logLevel: String = "info", options: [String] = []
    ) throws {
        self.end = end
        namespace = end == .client ? laboratory.clients[client] : laboratory.server
        port = end == .client ? Laboratory.clientPort : Laboratory.serverPort
        folder = try TemporaryFolder()
        let listen = listen ?? (end == .client ? "127.0.0.1:\(port)" : ":\(port)")
        let destination =
            destination
            ?? (end == .client
                ? "\(Laboratory.serverV4):\(Laboratory.serverPort)" : "127.0.0.1:\(Laboratory.wireGuardPort)")
        file = try folder.write(
            """
            \(end.rawValue):
              listenAddr: "\(listen)"
              dstAddr: "\(destination)"
            \(extra)
            """, to: "engarde.yml")
        arguments = [path, "--engine", engine, "--log-level", logLevel, file] + options
        program = try Self.start(arguments, in: namespace, runtime: folder)
        try waitUntilListening()
    }

    deinit { program.stop() }

    /// Starts it again with the same file, after it ended or was killed.
    public func restart() throws {
        program.stop()
        program = try Self.start(arguments, in: namespace, runtime: folder)
        try waitUntilListening()
    }

    private static func start(
        _ arguments: [String], in namespace: Namespace, runtime folder: TemporaryFolder
    ) throws -> Program {
        try Program(arguments, in: namespace, environment: ["RUNTIME_DIRECTORY": folder.path])
    }

    /// Ends it orderly and returns how it ended.
    @discardableResult
    public func stop() -> ExitStatus? { program.stop() }

    private func waitUntilListening() throws {
        let listens = try Monotonic.wait {
            try program.status != nil || namespace.hasUDPSocket(port: port)
        }
        guard listens, program.status == nil else {
            let ended = program.status.map { "ended with \($0)" } ?? "does not listen on port \(port)"
            throw LaboratoryFailure("engarde-\(end.rawValue) \(ended): \(program.text(.error))")
        }
    }
}
