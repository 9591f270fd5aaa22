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
    private(set) var links: [Int32: Link] = [:]
    private let linkSource: LinkSource
    private let log: Logger
    let bell = ChangeBell()
    /// When something last came over links whose sockets are closed since; 0 for never.
    private(set) var lastReceivedBefore: Int64 = 0
    private let command: LinkChangeCommand?
    private var slots: SocketSlots
    private var resolver: NameResolver!
    private var monitor: LinkMonitor!
    private var ticker: Ticker?
    private var trafficLog: TrafficLog

    /// Binds the port and starts the data plane; links are opened by ``run()``.
    ///
    /// - Parameter linkSource: how to learn about interfaces.
    /// - Throws: ``StartRefusal``.
    public init(
        _ configuration: ClientConfiguration, linkSource: LinkSource = .automatic, log: Logger
    ) throws {
        self.linkSource = linkSource
        self.configuration = configuration
        self.log = log
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
        resolver = NameResolver(queue: queue) { [unowned self] _, _ in reconcile() }
        resolver.watch(policy.destinations)
        do {
            monitor = try LinkMonitor(queue: queue, source: linkSource) { [unowned self] change in take(change) }
        } catch {
            throw StartRefusal("cannot watch the network interfaces: \(error)")
        }
        log.info("interfaces are watched by \(monitor.modeDescription)")
        ticker = Ticker(queue: queue, dataPlane: dataPlane) { [unowned self] in tick() }
    }

    private func stop() {
        ticker?.stop()
        monitor.stop()
        resolver.stop()
        guard dataPlane.stop() else { return log.error("stopped, but the kernel does not end what is under way") }
        log.notice("stopped")
    }

    // MARK: Reconciling

    private func take(_ change: LinkChange) {
        table = change.table
        reconcile()
    }

    /// Makes the sockets and the fan-out what interfaces, names and exclusions say they should be.
    func reconcile() {
        for index in links.keys where table[index] == nil {
            leave(&links[index]!, .gone)
            links[index] = nil
        }
        for interface in table.interfaces {
            var link = links[interface.index] ?? Link(name: interface.name, now: engarde_monotonic_nanoseconds())
            link.name = interface.name
            follow(&link, interface)
            links[interface.index] = link
        }
        monitor?.watchRoutes(links.values.contains { $0.isWaitingForRoute })
        ticker?.wake()
    }

    private func follow(_ link: inout Link, _ interface: Interface) {
        let verdict = policy.judge(interface, current: link.source) { self.resolver.addresses(of: $0) }
        switch verdict {
        case .carries(let source, let destination): carry(&link, interface, source, destination)
        case .idle(let reason):
            // The socket and its port wait for the link, unless their address is gone.
            let hasAddress = interface.addresses.contains { $0.ip == link.source }
            if reason.mayPass && hasAddress { park(&link, reason) } else { leave(&link, .idle(reason)) }
        case .excluded(let cause): leave(&link, .excluded(cause))
        }
    }

    private func carry(
        _ link: inout Link, _ interface: Interface, _ source: IPAddress, _ destination: SocketAddress
    ) {
        if link.socket != nil && link.source != source { leave(&link, .addressChanged) }
        if let served = link.socket, link.destination != destination {
            do throws(Errno) {
                try served.socket.connect(to: destination)
                link.destination = destination
            } catch {
                log.warning("link \(link.name): cannot reach \(destination): \(error)")
            }
        }
        if link.socket == nil { open(&link, interface, source, destination) }
        guard let served = link.socket, !link.isCarrying else { return }
        dataPlane.mailbox.post(.carry(served.handle, true))
        link.isCarrying = true
        link.joined = engarde_monotonic_nanoseconds()
        become(&link, .carrying(source, link.destination))
    }

    private func open(_ link: inout Link, _ interface: Interface, _ source: IPAddress, _ destination: SocketAddress) {
        guard links.values.count(where: { $0.socket != nil }) < Limits.links else { return become(&link, .tooMany) }
        do throws(Errno) {
            let socket = try UDPSocket.open(source.family)
            socket.enlargeBuffers(send: UDPSocket.linkSendBytes)
            socket.apply(configuration.tuning, log)
            try socket.bindToDevice(interface.name)
            try socket.bind(to: SocketAddress(source, port: 0))
            try socket.connect(to: destination)
            guard let served = slots.attach(socket, .link) else { return become(&link, .tooMany) }
            link.socket = served
            link.source = source
            link.destination = destination
        } catch {
            become(&link, .failed(error))
        }
    }

    /// Takes a link out of the fan-out and keeps its socket.
    private func park(_ link: inout Link, _ reason: IdleReason) {
        if let served = link.socket, link.isCarrying { dataPlane.mailbox.post(.carry(served.handle, false)) }
        link.isCarrying = false
        become(&link, .idle(reason))
    }

    /// Takes a link out of the fan-out and closes its socket.
    private func leave(_ link: inout Link, _ state: Link.State) {
        if let served = link.socket {
            lastReceivedBefore = max(lastReceivedBefore, lastReceived(served.handle.slot))
            slots.detach(served)
        }
        link.socket = nil
        link.source = nil
        link.isCarrying = false
        become(&link, state)
    }

    private func become(_ link: inout Link, _ state: Link.State) {
        guard state != link.state else { return }
        let wasNews = link.state?.isNews ?? false
        link.state = state
        let level: Logger.Level = state.isNews || wasNews ? .notice : .debug
        log.log(level: level, "link \(link.name): \(state)")
        noteChange(&link)
    }

    /// Tells who wants to know when a link is good for something else than before.
    private func noteChange(_ link: inout Link) {
        let (state, reason) = link.judgement
        guard state != link.carryingState else { return }
        if let before = link.carryingState { command?.tell(link: link.name, old: before, new: state, reason: reason) }
        link.carryingState = state
        link.carryingStateSince = engarde_monotonic_nanoseconds()
        bell.ring()
    }

    // MARK: Once a second

    /// Returns whether there is something open that the next second may change.
    private func tick() -> Bool {
        slots.collect()
        if links.values.contains(where: \.isWaitingForRoute) { reconcile() }
        let now = engarde_monotonic_nanoseconds()
        measure(now)
        var sockets = [(name: "WireGuard", handle: listen.handle)]
        for link in links.values {
            guard let served = link.socket else { continue }
            sockets.append((name: "link \(link.name)", handle: served.handle))
            if link.isCarrying { refreshIfSilent(link, served, now / 1_000_000_000) }
        }
        trafficLog.update(dataPlane.counters, sockets: sockets, at: now / 1_000_000_000)
        return trafficLog.isOpen || slots.closingCount > 0
            || links.values.contains { $0.isWaitingForRoute || $0.judgement.state == .silent }
    }

    /// Follows each carrying link's quality, and says when it falls silent, falls short or recovers.
    private func measure(_ now: Int64) {
        let counters = dataPlane.counters
        // Until the data plane has taken a socket in, its slot has the figures of the one before.
        let carrying = links.compactMap { index, link -> (Int32, SocketHandle)? in
            guard link.isCarrying, let handle = link.socket?.handle,
                counters.value(.generation, slot: handle.slot) == handle.generation
            else { return nil }
            return (index, handle)
        }
        let heard = carrying.map { lastReceived($0.1.slot) }.max() ?? 0
        for (index, handle) in carrying {
            let slot = handle.slot
            let reading = Meter.Reading(
                now: now, joined: links[index]!.joined, member: Int(slot), stream: 0,
                lastReceived: lastReceived(slot),
                traffic: Traffic(counters, slot: slot), tenant: Int64(slot) << 16 | Int64(handle.generation),
                lastHeardAnywhere: heard,
                questions: counters.value(.questions))
            guard links[index]!.meter.update(reading, dataPlane.copies) != nil else { continue }
            let (state, reason) = links[index]!.judgement
            log.notice("link \(links[index]!.name): \(state.rawValue)\(reason.isEmpty ? "" : ", \(reason)")")
            noteChange(&links[index]!)
        }
    }

    /// A link that sends and hears nothing may have an outdated destination.
    private func refreshIfSilent(_ link: Link, _ served: ServedSocket, _ now: Int64) {
        let heard = lastReceived(served.handle.slot) / 1_000_000_000
        let sent = dataPlane.counters.value(.sentDatagrams, slot: served.handle.slot)
        guard sent > 0, now - heard > Self.secondsUntilSilent else { return }
        resolver.refresh(policy.destination(for: link.name))
    }
}
