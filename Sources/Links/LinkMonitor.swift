// SPDX-License-Identifier: GPL-2.0-or-later

public import Dispatch
internal import Glibc
public import Sockets
internal import Synchronization

/// Watches the machine's interfaces and reports each change, within milliseconds where netlink is available.
///
/// It belongs to the network namespace of the thread that creates it.
///
/// `@unchecked Sendable`: `reason` has a lock, `stopFlag` is atomic, and all other mutable state is accessed on `queue`
/// only.
public final class LinkMonitor: @unchecked Sendable {
    /// The maximum number of datagrams read before a report, so that many notifications cannot delay it forever.
    private static let readsPerTurnMax = 256
    /// The minimum interval between dumps that follow from inconsistencies, so that many notifications cannot keep it
    /// dumping.
    private static let dumpDistanceMilliseconds = 100
    /// The delay after a refused dump.
    private static let retryMilliseconds = 1000
    /// The time for which route changes are gathered, so that a burst of a routing daemon is one report.
    private static let routeGatherMilliseconds = 50
    /// The interval between reports during a long series of route changes: a full table takes minutes to load.
    private static let routeDistanceMilliseconds = 500
    private static let routeReportsInRowMax = 8
    private static let pollMilliseconds = 1000

    private let queue: DispatchQueue
    private let onChange: @Sendable (LinkChange) -> Void
    private let fallsBack: Bool
    /// The reason for polling; nil while netlink is used.
    private let reason: Mutex<String?>
    private let stopFlag = Atomic(false)

    private(set) var mirror = NetlinkMirror()
    private var netlink: NetlinkSocket?
    /// A separate socket for routes, so that its overruns lose nothing about links.
    private var routes: NetlinkSocket?
    private var poller: InterfacePoller?
    private var sources: [any DispatchSourceProtocol] = []

    private var reported: InterfaceTable?
    private var lastDump: DispatchTime?
    private var isDumpPlanned = false
    private var watchesRoutes = false
    private var routesChanged = false
    private var isRouteReportPlanned = false
    private var lastRouteReport = DispatchTime.now()
    /// The number of consecutive reports within that interval.
    private var routeReportsInRow = 0

    /// Starts watching.
    ///
    /// - Parameters:
    ///   - queue: a serial queue for all work.
    ///   - source: `.automatic` polls when netlink cannot be opened or refuses the first dump; `.netlink`
    ///     throws when it cannot be opened, and polls only when the open socket fails.
    ///   - onChange: called on `queue`, first with the first complete table, then with each table that
    ///     differs from the one before, or when watched routes have changed. Never before `init` returns to a
    ///     caller on `queue`.
    public convenience init(
        queue: DispatchQueue, source: LinkSource = .automatic,
        onChange: @escaping @Sendable (LinkChange) -> Void
    ) throws(Errno) {
        try self.init(
            queue: queue, source: source, receiveBufferBytes: NetlinkSocket.receiveBufferBytesDefault,
            onChange: onChange)
    }

    /// Starts watching with a given receive buffer size, for tests of overruns.
    init(
        queue: DispatchQueue, source: LinkSource, receiveBufferBytes: Int32,
        onChange: @escaping @Sendable (LinkChange) -> Void
    ) throws(Errno) {
        self.queue = queue
        self.onChange = onChange
        fallsBack = source == .automatic
        var reason: String?
        if source == .polling {
            reason = "it was asked to"
        } else {
            do throws(Errno) {
                netlink = try NetlinkSocket(notifications: true, receiveBufferBytes: receiveBufferBytes)
                routes = try NetlinkSocket(notifications: false)
            } catch {
                guard source == .automatic else { throw error }
                netlink = nil
                reason = "netlink cannot be opened: \(error)"
            }
        }
        // Opened now in case netlink fails later, because this thread is in the right namespace.
        do throws(Errno) { poller = try InterfacePoller() } catch { if netlink == nil { throw error } }
        self.reason = Mutex(reason)
        queue.async { self.start() }
    }

    deinit { for source in sources { source.cancel() } }

    /// True when it polls instead of receiving notifications.
    public var isPolling: Bool { reason.withLock { $0 != nil } }

    /// The mode for people: `netlink`, or `polling once a second, because …`.
    public var modeDescription: String {
        guard let reason = reason.withLock({ $0 }) else { return "netlink" }
        return "polling once a second, because \(reason)"
    }

    /// Starts or stops reporting changes of routes and rules. When polling, each poll reports a change, because there
    /// are no notifications.
    public func watchRoutes(_ on: Bool) {
        queue.async {
            guard on != self.watchesRoutes, !self.isStopped else { return }
            self.watchesRoutes = on
            // An error only costs a hint to retry.
            try? self.routes?.watchRoutes(on)
        }
    }

    /// Stops all reports: at once when called on `queue`, else after one that is in progress.
    public func stop() {
        stopFlag.store(true, ordering: .relaxed)
        queue.async { self.end() }
    }

    private var isStopped: Bool { stopFlag.load(ordering: .relaxed) }

    private func end() {
        for source in sources { source.cancel() }
        sources = []
        netlink = nil
        routes = nil
        poller = nil
    }

    private func start() {
        guard !isStopped else { return }
        guard let netlink, let routes else { return startPolling() }
        listen(to: netlink) { $0.drain() }
        listen(to: routes) { $0.drainRoutes() }
        dump()
        drain()
    }

    private func listen(to socket: NetlinkSocket, _ handler: @escaping (LinkMonitor) -> Void) {
        let source = DispatchSource.makeReadSource(fileDescriptor: socket.descriptor, queue: queue)
        source.setEventHandler { [weak self] in
            if let self, !self.isStopped { handler(self) }
        }
        // The descriptor must outlive the source, which releases it only in its cancel handler.
        source.setCancelHandler { withExtendedLifetime(socket) {} }
        sources.append(source)
        source.activate()
    }
}

// MARK: - Netlink

extension LinkMonitor {
    private func drain() {
        guard let netlink else { return }
        do throws(Errno) {
            var reads = 0
            while true {
                reads += 1
                guard reads <= Self.readsPerTurnMax else {
                    // The source alone does not suffice: part of a datagram may have been read, but not delivered.
                    queue.async { [weak self] in
                        if let self, !self.isStopped { self.drain() }
                    }
                    break
                }
                var request: NetlinkMirror.Request?
                let hasRead = try netlink.read { request = mirror.apply($0) ?? request }
                if let request {
                    send(request)
                } else if !hasRead {
                    break
                }
            }
        } catch {
            return fallBack("netlink failed: \(error)")
        }
        if let failure = mirror.failure, fallsBack, !mirror.isComplete {
            return fallBack("netlink answers no dump: \(failure)")
        }
        if !mirror.isDumping && mirror.doubt != .none { planDump() }
        report()
    }

    private func dump() {
        lastDump = .now()
        send(mirror.beginDump())
    }

    private func send(_ request: NetlinkMirror.Request) {
        do throws(Errno) { try netlink?.send(request) } catch { mirror.fail(error) }
    }

    /// Schedules a dump after the rest of the minimum interval, or after the delay for a refusal.
    private func planDump() {
        guard !isDumpPlanned, let lastDump else { return }
        isDumpPlanned = true
        let pause = mirror.failure == nil ? Self.dumpDistanceMilliseconds : Self.retryMilliseconds
        queue.asyncAfter(deadline: max(lastDump + .milliseconds(pause), .now())) { [weak self] in
            guard let self, !self.isStopped, self.netlink != nil else { return }
            self.isDumpPlanned = false
            guard !self.mirror.isDumping else { return }
            self.dump()
            self.drain()
        }
    }

    private func report() {
        // A table in the middle of a dump is inconsistent.
        guard mirror.isComplete, !mirror.isDumping else { return }
        report(mirror.table)
    }

    private func report(_ table: InterfaceTable) {
        guard !isStopped, routesChanged || table != reported else { return }
        let change = LinkChange(table: table, routesChanged: routesChanged)
        reported = table
        routesChanged = false
        onChange(change)
    }

    private func drainRoutes() {
        guard let routes else { return }
        var hasNews = false
        for _ in 0..<Self.readsPerTurnMax {
            // Any message or error, lost notifications included, means that some route has changed.
            guard (try? routes.read({ _ in hasNews = true })) == true else { break }
        }
        guard hasNews, watchesRoutes, !isRouteReportPlanned else { return }
        isRouteReportPlanned = true
        let gathered = DispatchTime.now() + .milliseconds(Self.routeGatherMilliseconds)
        let distant = lastRouteReport + .milliseconds(Self.routeDistanceMilliseconds)
        routeReportsInRow = distant > gathered ? routeReportsInRow + 1 : 0
        let deadline = routeReportsInRow > Self.routeReportsInRowMax ? distant : gathered
        queue.asyncAfter(deadline: max(gathered, deadline)) { [weak self] in
            guard let self, !self.isStopped else { return }
            self.isRouteReportPlanned = false
            self.lastRouteReport = .now()
            self.routesChanged = self.watchesRoutes
            self.report()
        }
    }
}

// MARK: - Polling

extension LinkMonitor {
    private func fallBack(_ why: String) {
        reason.withLock { $0 = why }
        for source in sources { source.cancel() }
        sources = []
        netlink = nil
        routes = nil
        startPolling()
    }

    private func startPolling() {
        let timer = DispatchSource.makeTimerSource(queue: queue)
        timer.schedule(
            deadline: .now(), repeating: .milliseconds(Self.pollMilliseconds),
            leeway: .milliseconds(Self.pollMilliseconds / 10))
        timer.setEventHandler { [weak self] in self?.poll() }
        sources.append(timer)
        timer.activate()
    }

    private func poll() {
        guard !isStopped, let poller else { return }
        // An interface that disappears meanwhile is left out; other errors are retried by the next poll.
        guard let table = try? poller.enumerate() else { return }
        routesChanged = watchesRoutes
        report(table)
    }
}

extension LinkMonitor {
    /// Returns the current interfaces by a synchronous enumeration of at most two seconds, for one-shot commands.
    public static func snapshot() throws(Errno) -> InterfaceTable {
        do throws(Errno) {
            return try netlinkSnapshot()
        } catch {
            guard let poller = try? InterfacePoller() else { throw error }
            return try poller.enumerate()
        }
    }

    private static func netlinkSnapshot() throws(Errno) -> InterfaceTable {
        let socket = try NetlinkSocket(notifications: false)
        var mirror = NetlinkMirror()
        let deadline = DispatchTime.now() + .seconds(2)
        while !mirror.isComplete {
            var request: NetlinkMirror.Request? = mirror.beginDump()
            while mirror.isDumping {
                if let next = request { try socket.send(next) }
                request = nil
                if try socket.read({ request = mirror.apply($0) ?? request }) { continue }
                guard DispatchTime.now() < deadline else { throw Errno(ETIMEDOUT) }
                var ready = pollfd(fd: socket.descriptor, events: Int16(POLLIN), revents: 0)
                _ = Glibc.poll(&ready, 1, 100)
            }
            if let failure = mirror.failure { throw failure }
            guard DispatchTime.now() < deadline else { throw Errno(ETIMEDOUT) }
        }
        return mirror.table
    }
}
