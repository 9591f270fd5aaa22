// SPDX-License-Identifier: GPL-2.0-or-later

internal import CShims.Socket
public import Settings
internal import DataPlane
internal import Dispatch
public import Links
public import Logging
public import ServiceLifecycle
internal import Sockets
internal import Status

/// The client's control side: keeps a socket for each interface that may carry, and the data plane told which do.
///
///     link events ─┐
///     names ───────┼─► reconcile: what should be ─► sockets ─► mailbox ─► data plane
///     exclusions ──┘
///
/// `@unchecked Sendable`: everything that varies is touched on `queue` only.
public final class ClientControl: Service, @unchecked Sendable {
    private static let secondsUntilSilent: Int64 = 10

    let configuration: ClientConfiguration
    let queue = DispatchQueue(label: "control")
    let dataPlane: DataPlane
    let startedAt = engarde_monotonic_nanoseconds()
    let listen: ServedSocket
    var policy: LinkPolicy
    private(set) var table = InterfaceTable()
    /// By the index of their interface.
    var links: [Int32: Link] = [:]
    /// Destinations that have answered over some link.
    private(set) var answered: Set<SocketAddress> = []
    private(set) var routes: (any RouteLookup)!
    private let linkSource: LinkSource
    let log: Logger
    let bell = ChangeBell()
    /// When something last came over links whose sockets are closed since; 0 for never.
    var lastReceivedBefore: Int64 = 0
    var expectedLinks: ExpectedLinks
    var slots: SocketSlots
    private(set) var resolver: NameResolver!
    private(set) var ticker: Ticker?
    private var eventReader: EventReader?
    private var measuredAt: Int64 = 0
    private let command: LinkChangeCommand?
    private var monitor: LinkMonitor!
    private var trafficLog: TrafficLog
    private var fragmentNotice = FragmentNotice()
    /// True once the interfaces are known, and the sockets of those that may carry are open.
    private(set) var hasTable = false

    /// Binds the port and starts the data plane; links are opened by ``run()``.
    ///
    /// - Parameter linkSource: how to learn about interfaces.
    /// - Throws: ``StartRefusal``.
    public init(
        _ configuration: ClientConfiguration, linkSource: LinkSource = .automatic, log: Logger
    ) throws {
        self.linkSource = linkSource
        self.configuration = configuration
        expectedLinks = ExpectedLinks(configuration)
        self.log = log
        try SelfDestination.refuse(configuration, asksNames: false)
        let socket = try ListenSocket.open(configuration.listenAddress)
        socket.tellSmallBuffer(log)
        socket.apply(configuration.tuning, log)
        dataPlane = try startDataPlane(
            .client(
                allowedSources: configuration.allowedSources, isOpaque: configuration.trafficProtocol == .opaque),
            configuration.engine, configuration.tuning)
        slots = SocketSlots(dataPlane, capacity: Limits.clientSocketSlots)
        command = LinkChangeCommand(configuration.onLinkChange, log)
        listen = slots.attach(socket, .listen)!  // the first slot of many
        policy = LinkPolicy(
            destination: configuration.destination, overrides: configuration.destinationOverrides,
            excluded: configuration.excludedInterfaces)
        trafficLog = TrafficLog(log)
    }

    /// Relays until the service group shuts down.
    public func run() async throws {
        dataPlane.engine.tell(log)
        log.notice("listening for WireGuard on \(configuration.listenAddress), server \(configuration.destination)")
        try queue.sync { try start() }
        try? await gracefulShutdown()
        queue.sync { stop() }
    }

    private func start() throws {
        routes = KernelRoutes.open()
        resolver = NameResolver(queue: queue) { [unowned self] in take($1, of: $0) }
        resolver.watch(policy.destinations)
        do {
            monitor = try LinkMonitor(queue: queue, source: linkSource) { [unowned self] change in take(change) }
        } catch {
            throw StartRefusal("cannot watch the network interfaces: \(error)")
        }
        log.info("interfaces are watched by \(monitor.modeDescription)")
        monitor.watchRoutes(true)
        ticker = Ticker(queue: queue, dataPlane: dataPlane) { [unowned self] in tick() }
        eventReader = EventReader(queue: queue, events: dataPlane.events) { [unowned self] in process($0) }
    }

    private func stop() {
        ticker?.stop()
        eventReader?.stop()
        monitor.stop()
        resolver.stop()
        guard dataPlane.stop() else { return log.error("stopped, but the data plane's thread does not end") }
        log.notice("stopped")
    }

    // MARK: Changes

    private func process(_ event: Event) {
        switch event {
        case .released(let socket):
            slots.release(socket)
            if links.values.contains(where: { $0.isWaitingForSocket || $0.state == .tooMany }) { reconcile() }
        case .traffic: ticker?.wake()
        case .offloadLost, .offloadTried, .receiveFailed:
            if let line = event.line(name) { log.warning("\(line)") }
        case .retired, .pathsChanged: break
        }
    }

    private func name(_ target: EventTarget) -> String? {
        guard case .socket(let slot) = target else { return nil }
        if slot == listen.handle.slot { return "WireGuard" }
        return links.values.first { $0.socket?.handle.slot == slot }.map { "link \($0.name)" }
    }

    private func take(_ change: LinkChange) {
        // A network that has changed may be one in which names resolve. Polling reports routes as changed each time.
        if change.table != table || !monitor.isPolling { resolver.retryUnanswered() }
        table = change.table
        reconcile()
        hasTable = true
    }

    private func take(_ addresses: [IPAddress], of host: String) {
        log.notice("\(host) is \(addresses.isEmpty ? "gone" : addresses.map { "\($0)" }.joined(separator: ", "))")
        reconcile()
    }

    /// Tells who wants to know when a link is good for something else than before.
    func noteChange(_ link: inout Link) {
        let (state, reason) = link.judgement
        if let told = link.toldState, told != link.alarm {
            command?.tell(link: link.name, old: told, new: link.alarm, reason: reason)
        }
        link.toldState = link.alarm
        guard state != link.carryingState else { return }
        link.carryingState = state
        link.carryingStateSince = engarde_monotonic_nanoseconds()
        bell.ring()
    }

    // MARK: Once a second

    /// Returns whether there is something open that the next second may change.
    private func tick() -> Bool {
        let now = engarde_monotonic_nanoseconds()
        noteAnswers()
        if links.values.contains(where: \.isWaitingForSocket) { reconcile() }
        placeWaiting(now: now)
        measure(now)
        for index in links.keys { seekAnswer(index, now: now) }
        var sockets = [(name: "WireGuard", handle: listen.handle)]
        for link in links.values {
            guard let served = link.socket else { continue }
            sockets.append((name: "link \(link.name)", handle: served.handle))
            if link.isCarrying { refreshIfSilent(link, served, now / 1_000_000_000) }
        }
        trafficLog.update(dataPlane.counters, sockets: sockets, at: now / 1_000_000_000)
        tellFragments()
        return trafficLog.isOpen || slots.closingCount > 0
            || links.values.contains {
                $0.isWaitingForSocket || $0.state == .tooMany
                    || [.silent, .recovering].contains($0.judgement.state)
            }
    }

    /// Notes which destinations answer: links that have found no answer yet try them first.
    private func noteAnswers() {
        let answering = links.values.filter { $0.isCarrying && $0.selection.hasAnswered(lastReceived($0)) }
            .compactMap { $0.pair?.destination }
        guard !answered.isSuperset(of: answering) else { return }
        answered.formUnion(answering)
        reconcile()
    }

    private func tellFragments() {
        let largest = Int(dataPlane.counters.value(.largestReceived, slot: listen.handle.slot))
        let limit = TunnelMTU(
            links: links.compactMap { index, link in
                guard link.isCarrying, let pair = link.pair, let interface = table[index] else { return nil }
                return ("link \(link.name)", interface.mtu, pair.source.family)
            })
        let line = fragmentNotice.update(largest: largest, limit: limit) { table.interfaces }
        if let line { log.warning("\(line)") }
    }

    /// Follows each carrying link's quality, and says when it falls silent, falls short or recovers. Does nothing when
    /// that has just been done: whoever asks for the status has it done, too.
    func measure(_ now: Int64) {
        guard now - measuredAt >= Meter.lookNanosecondsMin else { return }
        measuredAt = now
        let counters = dataPlane.counters
        // Until the data plane has taken a socket in, its slot has the figures of the one before.
        let carrying = links.compactMap { index, link -> (Int32, SocketHandle)? in
            guard link.isCarrying, let handle = link.socket?.handle,
                counters.generation(slot: handle.slot) == handle.generation
            else { return nil }
            return (index, handle)
        }
        let heard = carrying.map { lastReceived(links[$0.0]!) }.max() ?? 0
        for (index, handle) in carrying {
            let slot = handle.slot
            let reading = Meter.Reading(
                now: now, joined: links[index]!.joined, member: Int(slot), stream: 0,
                lastReceived: lastReceived(links[index]!), traffic: Traffic(counters, slot: slot),
                refusal: counters.lastFailure(slot: slot), tenant: Int64(slot) << 16 | Int64(handle.generation),
                lastHeardAnywhere: heard,
                expectedReplies: counters.value(.expectedReplies))
            guard let before = links[index]!.meter.update(reading, dataPlane.copies) else { continue }
            let (link, reason) = (links[index]!, links[index]!.meter.reason)
            if before.alarm != link.alarm {
                log.notice("link \(link.name): \(link.alarm.rawValue)\(reason.isEmpty ? "" : ", \(reason)")")
            }
            noteChange(&links[index]!)
        }
    }

    /// A link that sends and hears nothing may have an outdated destination.
    private func refreshIfSilent(_ link: Link, _ served: ServedSocket, _ now: Int64) {
        let heard = lastReceived(link) / 1_000_000_000
        let sent = dataPlane.counters.value(.sentDatagrams, slot: served.handle.slot)
        guard sent > 0, now - heard > Self.secondsUntilSilent else { return }
        resolver.refresh(policy.destination(for: link.name))
    }
}
