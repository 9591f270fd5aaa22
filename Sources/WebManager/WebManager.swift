// SPDX-License-Identifier: GPL-2.0-or-later

internal import Glibc
public import Logging
internal import NIOCore
internal import NIOPosix
public import ServiceLifecycle
internal import Status
internal import Synchronization

/// Serves the page, the API and the metrics of one program: on a port, on the control socket, or on both.
///
/// The tunnel does not notice whether it works: it has a thread of its own that yields to the tunnel's, keeps nothing
/// that grows, and passes over whatever goes wrong. An occupied place is tried again for as long as it takes.
public final class WebManager: Service {
    private let listeners: [any WebListener]
    private let log: Logger
    private let limits: WebLimits
    private let routes: [Route]
    private let feed: EventFeed
    private let census: ConnectionCensus
    /// The port it is served on now, for tests.
    private let servedPort = Mutex<Int?>(nil)

    /// Nothing happens before ``run()``.
    ///
    /// - Parameters:
    ///   - settings: where to listen for browsers; nil for nowhere.
    ///   - controlSocket: where to listen for commands on this machine; nil for nowhere.
    public convenience init(_ settings: WebSettings?, controlSocket: ControlSocket?, role: WebRole, log: Logger) {
        self.init(settings, controlSocket: controlSocket, role: role, log: log, limits: WebLimits())
    }

    init(
        _ settings: WebSettings?, controlSocket: ControlSocket? = nil, role: WebRole, log: Logger,
        limits: WebLimits = WebLimits()
    ) {
        let port = settings.map { PortListener($0) as any WebListener }
        let socket = controlSocket.map { SocketListener($0) as any WebListener }
        listeners = [port, socket].compactMap(\.self)
        self.log = log
        self.limits = limits
        feed = EventFeed(limits) { await Routes.event(role) }
        routes = Routes.all(role, feed)
        census = ConnectionCensus(limits)
        switch role {
        case .client(let source): source.onChange { [feed] in feed.hurry() }
        case .server(let source): source.onChange { [feed] in feed.hurry() }
        }
    }

    /// Serves until the service group shuts down or the task is cancelled, and never throws.
    public func run() async {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let loop = group.next()
        await withTaskExecutorPreference(LoopExecutor(loop)) {
            await withTaskGroup { tasks in
                tasks.addTask { await self.feed.run() }
                await withTaskCancellationHandler {
                    await withGracefulShutdownHandler {
                        await self.serveAll(loop)
                    } onGracefulShutdown: {
                        self.feed.stop()
                        loop.scheduleTask(in: .milliseconds(self.limits.farewellMilliseconds)) {
                            self.census.closeAll()
                        }
                    }
                } onCancel: {
                    self.census.closeAll()
                }
                tasks.cancelAll()
            }
        }
        try? await group.shutdownGracefully()
    }

    var port: Int? { servedPort.withLock { $0 } }
    var listenerCount: Int { feed.listenerCount }
    var connectionCount: Int { census.count }
    var isTelling: Bool { feed.isTelling }

    private func serveAll(_ loop: any EventLoop) async {
        await withTaskGroup { tasks in
            for listener in listeners { tasks.addTask { await self.serveAlways(listener, loop) } }
        }
    }

    private func serveAlways(_ listener: any WebListener, _ loop: any EventLoop) async {
        var backoff = Backoff(limits.retrySeconds)
        var trouble: String?
        while !Task.isCancelled && !Task.isShuttingDownGracefully {
            let served = Mutex((isServed: false, port: Int?.none))
            let refusal = await serve(listener, loop) { port in
                served.withLock { $0 = (true, port) }
                if let port { self.servedPort.withLock { $0 = port } }
            }
            let (wasServed, port) = served.withLock { $0 }
            if wasServed { backoff.reset() }
            if port != nil { servedPort.withLock { $0 = nil } }
            guard !Task.isCancelled && !Task.isShuttingDownGracefully else { return }
            if wasServed || refusal.description != trouble {
                log.log(level: listener.troubleLevel, "\(refusal)\(refusal.mayPass ? "; it is tried again" : "")")
            }
            trouble = refusal.description
            guard refusal.mayPass else {
                // To return would end the service group, and the tunnel with it.
                try? await gracefulShutdown()
                return
            }
            let wait = backoff.next()
            try? await cancelWhenGracefulShutdown { try await Task.sleep(for: wait) }
        }
    }

    /// Serves for as long as it goes. Returns why it no longer does, or never did.
    ///
    /// - Parameter onServing: called with the port, nil where there is none, once it is bound.
    private func serve(
        _ listener: any WebListener, _ loop: any EventLoop, onServing: @escaping @Sendable (Int?) -> Void
    ) async -> WebRefusal {
        do {
            let site = Site(routes, try listener.door(), limits)
            try await WebServer(listener, site, census, limits, loop, log).run(onServing)
            return WebRefusal(description: "\(listener.name) has stopped", mayPass: true)
        } catch let refusal as WebRefusal {
            return refusal
        } catch {
            return WebRefusal(description: "\(listener.name) cannot be served: \(error)", mayPass: true)
        }
    }
}
