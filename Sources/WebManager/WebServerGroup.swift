// SPDX-License-Identifier: GPL-2.0-or-later

internal import Glibc
public import Logging
internal import NIOCore
internal import NIOPosix
public import ServiceLifecycle
public import Status
internal import Synchronization

/// Serves the page, the API and the metrics of one program on a port, on the control socket, or on both.
///
/// It cannot disturb the tunnel: it runs on a thread of its own with a lower priority, uses bounded memory, and
/// survives all errors. An address in use is retried until it is free.
public final class WebServerGroup: Service {
    private let listeners: [any WebListener]
    private let log: Logger
    private let limits: WebLimits
    private let routes: [Route]
    private let feed: EventFeed
    private let connectionLimit: ConnectionLimit
    /// The port that is served now, for tests.
    private let servedPort = Mutex<Int?>(nil)

    /// Creates the servers. They begin to listen in ``run()``.
    ///
    /// - Parameters:
    ///   - settings: the settings of the TCP listener; nil for none.
    ///   - controlSocket: the control socket; nil for none.
    public convenience init(_ settings: WebSettings?, controlSocket: ControlSocket?, role: WebRole, log: Logger) {
        self.init(settings, controlSocket: controlSocket, role: role, log: log, limits: WebLimits())
    }

    init(
        _ settings: WebSettings?, controlSocket: ControlSocket? = nil, role: WebRole, log: Logger,
        limits: WebLimits = WebLimits()
    ) {
        let port = settings.map { TCPListener($0) as any WebListener }
        let socket = controlSocket.map { UnixSocketListener($0) as any WebListener }
        listeners = [port, socket].compactMap(\.self)
        self.log = log
        self.limits = limits
        feed = EventFeed(limits) { await Routes.event(role) }
        routes = Routes.all(role, feed)
        connectionLimit = ConnectionLimit(limits)
        switch role {
        case .client(let source): source.onChange { [feed] in feed.publishSoon() }
        case .server(let source): source.onChange { [feed] in feed.publishSoon() }
        }
    }

    /// Serves until the service group shuts down or the task is cancelled, and never throws.
    public func run() async {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let loop = group.next()
        await withTaskExecutorPreference(EventLoopTaskExecutor(loop)) {
            await withTaskGroup { tasks in
                tasks.addTask { await self.feed.run() }
                await withTaskCancellationHandler {
                    await withGracefulShutdownHandler {
                        await self.serveAll(loop)
                    } onGracefulShutdown: {
                        self.feed.stop()
                        loop.scheduleTask(in: .milliseconds(self.limits.shutdownGraceMilliseconds)) {
                            self.connectionLimit.closeAll()
                        }
                    }
                } onCancel: {
                    self.connectionLimit.closeAll()
                }
                tasks.cancelAll()
            }
        }
        try? await group.shutdownGracefully()
    }

    var port: Int? { servedPort.withLock { $0 } }
    var subscriberCount: Int { feed.subscriberCount }
    var connectionCount: Int { connectionLimit.count }
    var isPublishing: Bool { feed.isPublishing }

    private func serveAll(_ loop: any EventLoop) async {
        await withTaskGroup { tasks in
            for listener in listeners { tasks.addTask { await self.serveWithRetry(listener, loop) } }
        }
    }

    private func serveWithRetry(_ listener: any WebListener, _ loop: any EventLoop) async {
        var backoff = Backoff(limits.retrySeconds)
        var lastFailure: String?
        while !Task.isCancelled && !Task.isShuttingDownGracefully {
            let served = Mutex((isServed: false, port: Int?.none))
            let error = await serve(listener, loop) { port in
                served.withLock { $0 = (true, port) }
                if let port { self.servedPort.withLock { $0 = port } }
            }
            let (wasServed, port) = served.withLock { $0 }
            if wasServed { backoff.reset() }
            if port != nil { servedPort.withLock { $0 = nil } }
            guard !Task.isCancelled && !Task.isShuttingDownGracefully else { return }
            if wasServed || error.description != lastFailure {
                log.log(level: listener.failureLogLevel, "\(error)\(error.isTemporary ? "; it is tried again" : "")")
            }
            lastFailure = error.description
            guard error.isTemporary else {
                // Returning would end the service group, and the tunnel with it.
                try? await gracefulShutdown()
                return
            }
            let wait = backoff.next()
            try? await cancelWhenGracefulShutdown { try await Task.sleep(for: wait) }
        }
    }

    /// Serves until it fails. Returns the reason.
    ///
    /// - Parameter onServing: called after binding, with the TCP port or nil.
    private func serve(
        _ listener: any WebListener, _ loop: any EventLoop, onServing: @escaping @Sendable (Int?) -> Void
    ) async -> WebServerError {
        do {
            let router = Router(routes, try listener.authenticator(), limits)
            try await WebServer(listener, router, connectionLimit, limits, loop, log).run(onServing)
            return WebServerError(description: "\(listener.name) has stopped", isTemporary: true)
        } catch let error as WebServerError {
            return error
        } catch {
            return WebServerError(description: "\(listener.name) cannot be served: \(error)", isTemporary: true)
        }
    }
}

/// The role of the program, with its source of status.
public enum WebRole: Sendable {
    case client(any ClientStatusSource)
    case server(any ServerStatusSource)
}

/// Delays that double up to a limit.
struct Backoff {
    private let range: ClosedRange<Double>
    private var seconds: Double

    init(_ range: ClosedRange<Double>) {
        self.range = range
        seconds = range.lowerBound
    }

    mutating func next() -> Duration {
        defer { seconds = min(seconds * 2, range.upperBound) }
        return .seconds(seconds)
    }

    mutating func reset() { seconds = range.lowerBound }
}
