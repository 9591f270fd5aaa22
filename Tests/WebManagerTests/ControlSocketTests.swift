// SPDX-License-Identifier: GPL-2.0-or-later

import ControlClient
import Glibc
import Status
import Support
import Synchronization
import Testing

@testable import WebManager

@Suite struct ControlSocketTests {
    private let folder: TemporaryFolder
    private var path: String { "\(folder.path)/run/client.sock" }

    /// A client with a timeout that a busy machine cannot reach.
    private var control: ControlClient { ControlClient(path: path, timeout: .seconds(3600)) }

    init() throws { folder = try TemporaryFolder() }

    /// Serves on the control socket for as long as `body` takes.
    private func serving(
        _ role: WebRole = .client(FakeClient()), settings: WebSettings? = nil, _ log: LogLines = LogLines(),
        isAskedFor: Bool = false, waits: Bool = true, _ body: (WebServerGroup) async throws -> Void
    ) async throws {
        var limits = WebLimits.relaxed
        limits.retrySeconds = 0.01...0.05
        let web = WebServerGroup(
            settings, controlSocket: ControlSocket(path: path, isAskedFor: isAskedFor), role: role, log: log.logger,
            limits: limits)
        let running = Task { await web.run() }
        defer { running.cancel() }
        if waits { try await eventually { access(path, F_OK) == 0 } }
        try await body(web)
        running.cancel()
        await running.value
    }

    private var mode: mode_t? {
        var status = stat()
        return lstat(path, &status) == 0 ? status.st_mode : nil
    }

    /// The control socket is served even when the page cannot be for want of a password.
    @Test func isServedWithoutThePageAndWithoutAPassword() async throws {
        let client = FakeClient()
        try await serving(.client(client), settings: WebSettings(listenHost: "0.0.0.0", listenPort: 0)) { web in
            #expect(mode == S_IFSOCK | 0o660)
            #expect(web.port == nil)
            guard case .client(let status, _) = try await control.status() else {
                Issue.record("no client")
                return
            }
            #expect(status == client.state.withLock { $0.status })
        }
        #expect(mode == nil, "the socket goes with the program")
    }

    @Test func aServerSaysThatItIsOne() async throws {
        try await serving(.server(FakeServer())) { _ in
            guard case .server(let status, _) = try await control.status() else {
                Issue.record("no server")
                return
            }
            #expect(status.sessions.count == 2)
        }
    }

    @Test func exclusionsAreChanged() async throws {
        let client = FakeClient()
        try await serving(.client(client)) { _ in
            func isExcluded() -> Bool { client.state.withLock { $0.status.links[0].isExcluded } }
            try await control.change(.exclude("eth0", force: true))
            #expect(isExcluded())
            try await control.change(.include("eth0"))
            #expect(!isExcluded())
            try await control.change(.reset)
            #expect(client.state.withLock { $0.resetCount } == 1)
            await #expect(throws: ControlFailure.self) { try await control.change(.exclude("", force: false)) }
        }
    }

    /// Binds a socket to the path without listening.
    private func bindSocket() -> Int32 {
        mkdir("\(folder.path)/run", 0o755)
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let bound = withUnsafePointer(to: address) {
            bind(descriptor, .init(__sockaddr_un__: $0), socklen_t(MemoryLayout<sockaddr_un>.size))
        }
        #expect(bound == 0)
        return descriptor
    }

    /// A program with a full connection queue is recognized as listening, without blocking.
    @Test(.timeLimit(.minutes(20))) func aProgramThatHangsListensStill() {
        let hanging = bindSocket()
        defer { close(hanging) }
        #expect(!UnixSocket.isListening(at: path))
        #expect(listen(hanging, 0) == 0)
        for _ in 0..<10 { #expect(UnixSocket.isListening(at: path)) }
    }

    /// A program that accepts the connection but does not answer ends in a timeout.
    @Test func aProgramThatDoesNotAnswerIsGivenUp() async throws {
        let silent = bindSocket()
        defer { close(silent) }
        #expect(listen(silent, 8) == 0)
        do {
            _ = try await ControlClient(path: path, timeout: .milliseconds(50)).status()
            Issue.record("an answer from nobody")
        } catch {
            #expect(error.description == "\(path): the program does not answer")
        }
    }

    /// A program that was killed leaves its socket behind.
    @Test func aSocketNobodyListensAtIsReplaced() async throws {
        let left = bindSocket()
        defer { close(left) }
        try await serving(waits: false) { _ in
            try await eventually { (try? await control.status()) != nil }
        }
    }

    /// A second program of the kind waits for the first one to end.
    @Test func anotherProgramsSocketIsLeftAlone() async throws {
        let (first, second) = (FakeClient(), FakeClient([]))
        let log = LogLines()
        try await serving(.client(first)) { _ in
            try await serving(.client(second), log, isAskedFor: true) { _ in
                try await eventually { !log.all.isEmpty }
                #expect(
                    log.all == [
                        "warning: the control socket cannot be at \(path): another program listens there; it is tried again"
                    ])
                guard case .client(let status, _) = try await control.status() else { return }
                #expect(!status.links.isEmpty)
            }
            #expect(mode != nil, "the second one's end removes nothing of the first one's")
        }
    }

    @Test func aMissingFolderIsLoggedOnce() async throws {
        let log = LogLines()
        let web = WebServerGroup(
            nil, controlSocket: ControlSocket(path: "\(folder.path)/a/b/client.sock"), role: .client(FakeClient()),
            log: log.logger)
        let running = Task { await web.run() }
        try await eventually { !log.all.isEmpty }
        #expect(log.all[0].hasPrefix("info: the control socket cannot be at \(folder.path)/a/b/client.sock: No such file"))
        running.cancel()
        await running.value
    }

    @Test func withoutAProgramTheErrorNamesTheSocket() async throws {
        await #expect(throws: ControlFailure.self) { try await control.status() }
        do {
            _ = try await control.status()
        } catch {
            #expect(error.description == "no program listens at \(path): is engarde running?")
        }
    }
}
