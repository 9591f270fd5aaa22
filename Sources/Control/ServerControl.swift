// SPDX-License-Identifier: GPL-2.0-or-later

internal import CShims.Socket
public import Settings
internal import DataPlane
internal import Dispatch
internal import Links
public import Logging
public import ServiceLifecycle
internal import Sockets
internal import Status

/// The server's control side: keeps the sockets toward WireGuard, and follows the paths that come, go and fall silent.
///
/// `@unchecked Sendable`: everything that varies is touched on `queue` only.
public final class ServerControl: Service, @unchecked Sendable {
    let configuration: ServerConfiguration
    let dataPlane: DataPlane
    let queue = DispatchQueue(label: "control")
    let startedAt = engarde_monotonic_nanoseconds()
    let listen: ServedSocket
    let bell = ChangeBell()
    private(set) var upstream: UpstreamSockets
    private(set) var meters: PathMeters
    var hasSessions: Bool { configuration.trafficProtocol == .wireguard }

    private var measuredAt: Int64 = 0
    private let log: Logger
    private let here: SelfDestination
    private var toldOwn = false
    private var slots: SocketSlots
    private var toldUnresolved: String?
    private var resolver: NameResolver!
    private var ticker: Ticker?
    private var eventReader: EventReader?
    private var trafficLog: TrafficLog
    private var fragmentNotice = FragmentNotice()
    /// True once clients are listened to and what can be opened toward WireGuard is.
    private(set) var isStarted = false

    /// Binds the port and starts the data plane; the way to WireGuard is opened by ``run()``.
    ///
    /// - Throws: ``StartRefusal``.
    public init(_ configuration: ServerConfiguration, log: Logger) throws {
        self.configuration = configuration
        self.log = log
        here = SelfDestination(listen: configuration.listenAddress)
        try here.refuse(configuration.destination, key: "dstAddr", section: "server", asksNames: false)
        let socket = try ListenSocket.open(configuration.listenAddress)
        socket.tellSmallBuffer(log)
        socket.apply(configuration.tuning, log)
        let limits = SessionLimits(configuration)
        let isOpaque = configuration.trafficProtocol == .opaque
        dataPlane = try startDataPlane(
            isOpaque ? .opaqueServer(limits) : .server(limits, wireGuardKey: configuration.wireguardPublicKey),
            configuration.engine, configuration.tuning)
        slots = SocketSlots(dataPlane)
        listen = slots.attach(socket, .listen)!  // the first slot of many
        upstream = UpstreamSockets(
            count: isOpaque ? 1 : limits.upstreamSockets, tuning: configuration.tuning, log: log)
        let command = LinkChangeCommand(configuration.onLinkChange, log)
        meters = PathMeters(
            timeoutSeconds: configuration.clientTimeoutSeconds, log: log,
            tellChange: { command?.tell(link: $0, old: $1, new: $2, reason: $3) }, ring: { [bell] in bell.ring() })
        trafficLog = TrafficLog(log)
    }

    /// Relays until the service group shuts down.
    public func run() async throws {
        dataPlane.engine.tell(log)
        log.notice("listening for clients on \(configuration.listenAddress), WireGuard \(configuration.destination)")
        queue.sync { start() }
        try? await gracefulShutdown()
        queue.sync { stop() }
    }

    private func start() {
        resolver = NameResolver(queue: queue) { [unowned self] _, _ in reconcile() }
        resolver.watch([configuration.destination])
        reconcile()
        ticker = Ticker(queue: queue, dataPlane: dataPlane) { [unowned self] in tick() }
        eventReader = EventReader(queue: queue, events: dataPlane.events) { [unowned self] in process($0) }
        isStarted = true
    }

    private func stop() {
        ticker?.stop()
        eventReader?.stop()
        resolver.stop()
        guard dataPlane.stop() else { return log.error("stopped, but the data plane's thread does not end") }
        log.notice("stopped")
    }

    /// Connects the upstream sockets to where WireGuard is now.
    private func reconcile() {
        let all = resolver.addresses(of: configuration.destination)
        let addresses = all.filter { !here.isOwn($0, port: configuration.destination.port) }
        if addresses.count < all.count && !toldOwn {
            toldOwn = true
            log.error(
                "server.dstAddr \(configuration.destination) is where this program listens itself; nothing is sent there")
        }
        guard let best = addresses.first(where: { $0.family == .v4 }) ?? addresses.first else { return }
        let wanted = SocketAddress(best, port: configuration.destination.port)
        guard wanted != upstream.destination else { return }
        ticker?.wake()
        upstream.connect(to: wanted, &slots)
    }

    private func process(_ event: Event) {
        switch event {
        case .released(let socket):
            slots.release(socket)
            upstream.fill(&slots)
        case .retired(let slot): upstream.replace(slot: slot, &slots)
        case .pathsChanged: measure(engarde_monotonic_nanoseconds())
        case .traffic: ticker?.wake()
        case .offloadLost, .offloadTried, .receiveFailed:
            if let line = event.line(name) { log.warning("\(line)") }
        }
    }

    private func name(_ target: EventTarget) -> String? {
        switch target {
        case .socket(let slot): slot == listen.handle.slot ? "paths" : "WireGuard"
        case .path(let index): dataPlane.statistics?.paths.record(index).map { "path \($0.address)" }
        }
    }

    // MARK: Once a second

    /// Returns whether there is something open that the next second may change.
    private func tick() -> Bool {
        if upstream.destination == nil {
            reconcile()
            tellWhyUnresolved()
        }
        // What could not be opened may be by now.
        upstream.fill(&slots)
        let now = engarde_monotonic_nanoseconds()
        measure(now)
        trafficLog.update(
            dataPlane.counters,
            sockets: [(name: "paths", handle: listen.handle)] + upstream.handles.map { (name: "WireGuard", handle: $0) },
            at: now / 1_000_000_000)
        tellFragments()
        return !meters.isEmpty || trafficLog.isOpen || slots.closingCount > 0 || upstream.destination == nil
    }

    /// Follows the paths' quality. Does nothing when that has just been done: whoever asks for the status has it done, too.
    func measure(_ now: Int64) {
        guard now - measuredAt >= Meter.lookNanosecondsMin else { return }
        measuredAt = now
        meters.update(dataPlane.statistics!, hasSessions: hasSessions, now: now)
    }

    /// Clients' links are not known here.
    private func tellFragments() {
        let counters = dataPlane.counters
        let largest = upstream.handles.map { counters.value(.largestReceived, slot: $0.slot) }.max() ?? 0
        let line = fragmentNotice.update(largest: Int(largest), limit: .ofThePublicInternet) {
            (try? LinkMonitor.snapshot().interfaces) ?? []
        }
        if let line { log.warning("\(line)") }
    }

    /// One line for each new reason why WireGuard's name has no address.
    private func tellWhyUnresolved() {
        guard upstream.destination == nil, let reason = resolver.failure(of: configuration.destination),
            reason != toldUnresolved
        else { return }
        toldUnresolved = reason
        log.warning("\(configuration.destination.host) is not resolved: \(reason); trying again")
    }
}

extension SessionLimits {
    init(_ configuration: ServerConfiguration) {
        self.init(
            maxSessions: configuration.maxSessions, maxPathsPerSession: configuration.maxPathsPerSession,
            maxPaths: configuration.maxPaths,
            pathTimeoutNanoseconds: Int64(configuration.clientTimeoutSeconds) * 1_000_000_000)
    }
}

extension LinkChangeCommand {
    /// nil when the file names none.
    convenience init?(_ words: [String], _ log: Logger) {
        if words.isEmpty { return nil }
        self.init(words: words, log: log)
    }
}
