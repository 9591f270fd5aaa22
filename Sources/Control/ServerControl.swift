// SPDX-License-Identifier: GPL-2.0-or-later

public import Configuration
internal import DataPlane
internal import Dispatch
public import Logging
public import ServiceLifecycle
internal import Sockets

/// The server's control side: keeps the socket toward WireGuard and tells in the log which paths come and go.
///
/// `@unchecked Sendable`: everything that varies is touched on `queue` only.
public final class ServerControl: Service, @unchecked Sendable {
    private static let pathLinesPerSecondMax = 8

    private let configuration: ServerConfiguration
    private let log: Logger
    private let queue = DispatchQueue(label: "control")
    private let dataPlane: DataPlane
    private var slots: SocketSlots
    private let listen: ServedSocket
    private var upstream: ServedSocket?
    private var destination: SocketAddress?
    private var toldUnresolved: String?
    private var resolver: NameResolver!
    private var ticker: Ticker?
    private var paths: [SocketAddress: Int64] = [:]
    private var trafficLog: TrafficLog

    /// Binds the port and starts the data plane; the way to WireGuard is opened by ``run()``.
    ///
    /// - Throws: ``StartRefusal``.
    public init(_ configuration: ServerConfiguration, log: Logger) throws {
        self.configuration = configuration
        self.log = log
        let socket = try ListenSocket.open(configuration.listenAddress)
        socket.apply(configuration.tuning, log)
        let timeout = Int64(configuration.clientTimeoutSeconds) * 1_000_000_000
        dataPlane = try startDataPlane(
            .server(pathTimeoutNanoseconds: timeout, maxPaths: configuration.maxPaths), configuration.engine,
            configuration.tuning)
        slots = SocketSlots(dataPlane)
        listen = slots.attach(socket, .listen)!  // the first slot of many
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
    }

    private func stop() {
        ticker?.stop()
        resolver.stop()
        dataPlane.stop()
        log.notice("stopped")
    }

    /// Connects the upstream socket to where WireGuard is now.
    private func reconcile() {
        let addresses = resolver.addresses(of: configuration.destination)
        guard let best = addresses.first(where: { $0.family == .v4 }) ?? addresses.first else { return }
        let wanted = SocketAddress(best, port: configuration.destination.port)
        guard wanted != destination else { return }
        ticker?.wake()
        do throws(Errno) {
            if let upstream, upstream.socket.family == best.family {
                try upstream.socket.connect(to: wanted)
            } else {
                let socket = try UDPSocket.open(best.family)
                socket.enlargeBuffers()
                socket.apply(configuration.tuning, log)
                try socket.connect(to: wanted)
                let former = upstream
                upstream = slots.attach(socket, .upstream)!  // the second or third of many
                if let former { slots.detach(former) }
            }
            destination = wanted
            log.notice("WireGuard is at \(wanted)")
        } catch {
            log.warning("cannot reach WireGuard at \(wanted): \(error)")
        }
    }

    // MARK: Once a second

    /// Returns whether there is something open that the next second may change.
    private func tick() -> Bool {
        slots.collect()
        if destination == nil {
            reconcile()
            tellWhyUnresolved()
        }
        tellPaths()
        var sockets = [(name: "paths", handle: listen.handle)]
        if let upstream { sockets.append((name: "WireGuard", handle: upstream.handle)) }
        trafficLog.update(dataPlane.counters, sockets: sockets, at: monotonicSeconds())
        return !paths.isEmpty || trafficLog.isOpen || slots.closingCount > 0 || destination == nil
    }

    /// One line for each new reason why WireGuard's name has no address.
    private func tellWhyUnresolved() {
        guard destination == nil, let reason = resolver.failure(of: configuration.destination),
            reason != toldUnresolved
        else { return }
        toldUnresolved = reason
        log.warning("\(configuration.destination.host) is not resolved: \(reason); trying again")
    }

    private func tellPaths() {
        let records = dataPlane.paths?.records() ?? []
        let live = Dictionary(records.map { ($0.address, $0.since) }) { first, _ in first }
        let gone = paths.keys.filter { live[$0] == nil }
        let new = live.keys.filter { paths[$0] == nil }
        tell(gone, "gone, silent for \(configuration.clientTimeoutSeconds) s")
        tell(new, "heard")
        paths = live
    }

    /// One line a path, but not hundreds at once when somebody floods.
    private func tell(_ addresses: [SocketAddress], _ what: String) {
        for address in addresses.prefix(Self.pathLinesPerSecondMax) { log.notice("path \(address): \(what)") }
        let more = addresses.count - Self.pathLinesPerSecondMax
        if more > 0 { log.notice("\(more) more paths: \(what)") }
    }
}
