// SPDX-License-Identifier: GPL-2.0-or-later

public import Dispatch
internal import Glibc
public import Sockets
internal import Synchronization

/// Watches the machine's interfaces and reports each change, within milliseconds where netlink is to be had.
///
/// It belongs to the network namespace of the thread that makes it.
///
/// `@unchecked Sendable`: `reason` has its lock, `stopFlag` is atomic, and everything else that varies is
/// touched on `queue` only.
public final class LinkMonitor: @unchecked Sendable {
    /// One turn takes in so many datagrams at most before it reports, so that a storm of notifications cannot
    /// put off the report for ever.
    private static let readsPerTurnMax = 256
    /// Dumps that follow from doubts about the last one keep this distance, so that a storm cannot fill the
    /// time.
    private static let dumpDistanceMilliseconds = 100
    /// After a refused dump.
    private static let retryMilliseconds = 1000
    /// Route changes are gathered for so long: a routing daemon's bursts are one report.
    private static let routeGatherMilliseconds = 50
    /// The same when they go on for longer than some reports: a full table takes minutes to come in.
    private static let routeDistanceMilliseconds = 500
    private static let routeReportsInRowMax = 8
    private static let pollMilliseconds = 1000

    private let queue: DispatchQueue
    private let onChange: @Sendable (LinkChange) -> Void
    private let fallsBack: Bool
    /// Why it polls; nil while it listens to netlink.
    private let reason: Mutex<String?>
    private let stopFlag = Atomic(false)

    private(set) var mirror = NetlinkMirror()
    private var netlink: NetlinkSocket?
    /// Routes have a socket of their own: when they overrun it, nothing about links is lost.
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
    /// Reports that followed each other within that distance.
    private var routeReportsInRow = 0

    /// Begins to watch.
    ///
    /// - Parameters:
    ///   - queue: a serial queue; everything happens on it.
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

    /// The same with a receive buffer of a size to be overrun.
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
        // Opened beforehand, for when netlink fails later: this thread is in the namespace that is meant.
        do throws(Errno) { poller = try InterfacePoller() } catch { if netlink == nil { throw error } }
        self.reason = Mutex(reason)
        queue.async { self.start() }
    }

    deinit { for source in sources { source.cancel() } }

    /// Whether it enumerates at intervals instead of being told.
    public var isPolling: Bool { reason.withLock { $0 != nil } }

    /// How it has its knowledge, for people: `netlink`, or `polling once a second, because …`.
    public var modeDescription: String {
        guard let reason = reason.withLock({ $0 }) else { return "netlink" }
        return "polling once a second, because \(reason)"
    }

    /// Reports changes of routes and rules from now on, or no more. When polling, each poll is such a report: nobody
    /// tells of them then.
    public func watchRoutes(_ on: Bool) {
        queue.async {
            guard on != self.watchesRoutes, !self.isStopped else { return }
            self.watchesRoutes = on
            // A refusal costs a hint that something may be worth another try, no more.
            try? self.routes?.watchRoutes(on)
        }
    }

    /// Ends all reports: at once when called on `queue`, else after the one that may be under way.
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
        // The descriptor must outlive the source, which lets go of it only when it is cancelled.
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
                    // Not left to the source alone: part of a datagram may have been read and not handed out.
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

    /// Dumps after what distance to the last one is left, or after the pause for a refusal.
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
        // A table in the middle of a dump is older and newer at once.
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
            // Whatever it is, lost notifications included: some route is not what it was.
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
        // An interface that goes while it is asked about is left out; anything else passes by the next time.
        guard let table = try? poller.enumerate() else { return }
        routesChanged = watchesRoutes
        report(table)
    }
}

extension LinkMonitor {
    /// The interfaces as they are now, in one synchronous enumeration of at most two seconds; for one-shot
    /// commands.
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
