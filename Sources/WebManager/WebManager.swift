// SPDX-License-Identifier: GPL-2.0-or-later

internal import Glibc
public import Logging
internal import NIOCore
internal import NIOPosix
public import ServiceLifecycle
internal import Status
internal import Synchronization

/// Serves the page, the API and the metrics of one program.
///
/// The tunnel does not notice whether it works: it has a thread of its own that yields to the tunnel's, keeps nothing
/// that grows, and passes over whatever goes wrong. An occupied port is tried again for as long as it takes.
public final class WebManager: Service {
    private let settings: WebSettings
    private let log: Logger
    private let limits: WebLimits
    private let routes: [Route]
    private let feed: EventFeed
    private let census: ConnectionCensus
    /// Where it is served now, for tests.
    private let servedPort = Mutex<Int?>(nil)

    /// Nothing happens before ``run()``.
    public convenience init(_ settings: WebSettings, role: WebRole, log: Logger) {
        self.init(settings, role: role, log: log, limits: WebLimits())
    }

    init(_ settings: WebSettings, role: WebRole, log: Logger, limits: WebLimits) {
        self.settings = settings
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
                        await self.serveAlways(loop)
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

    private func serveAlways(_ loop: any EventLoop) async {
        var backoff = Backoff(limits.retrySeconds)
        var trouble: String?
        while !Task.isCancelled && !Task.isShuttingDownGracefully {
            let refusal = await serve(loop) { port in
                self.servedPort.withLock { $0 = port }
                self.tell(port)
            }
            let wasServed = servedPort.withLock { port in
                defer { port = nil }
                return port != nil
            }
            guard !Task.isCancelled && !Task.isShuttingDownGracefully else { return }
            if wasServed { backoff.reset() }
            if wasServed || refusal.description != trouble {
                log.error("\(refusal)\(refusal.mayPass ? "; it is tried again" : "")")
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
    private func serve(_ loop: any EventLoop, onServing: @escaping @Sendable (Int) -> Void) async -> WebRefusal {
        do {
            let site = Site(routes, try Door(settings), limits)
            try await WebServer(settings, site, census, limits, loop).run(onServing)
            return WebRefusal(description: "the web manager has stopped", mayPass: true)
        } catch let refusal as WebRefusal {
            return refusal
        } catch {
            return WebRefusal(description: "the web manager cannot be served: \(error)", mayPass: true)
        }
    }

    private func tell(_ port: Int) {
        var address = settings
        address.listenPort = UInt16(port)
        log.notice("the web manager is at http://\(address.listenText)/")
        if settings.username.isEmpty != (settings.password.isEmpty && settings.passwordFile.isEmpty) {
            log.warning("the web manager asks for no password: username and password are needed, and one is missing")
        }
        if let problem = settings.passwordFileProblem { log.warning("\(problem)") }
    }
}
