// SPDX-License-Identifier: GPL-2.0-or-later

internal import CShims.Socket
internal import Settings
internal import DataPlane
internal import Sockets
public import Status
internal import Version

extension ServerControl: ServerStatusSource, SupervisedProgram {
    /// Sessions that are told of one by one though nobody knows whose they are: enough to see who tries in vain.
    private static let unprovenSessionsMax = 8

    public func status() async -> ServerStatus { await queue.run { self.statusNow() } }

    public func turn() async throws { try await dataPlane.turn() }

    public func hasStarted() async -> Bool { await queue.run { self.isStarted } }

    public func history(ofPath address: String) async -> [QualityMinute]? {
        await queue.run {
            guard let meter = self.meters[address] else { return nil }
            return meter.minutes(unixOffset: unixOffset(now: engarde_monotonic_nanoseconds()))
        }
    }

    public func onChange(_ handler: @escaping @Sendable () -> Void) { bell.onRing(handler) }

    private func statusNow() -> ServerStatus {
        let now = engarde_monotonic_nanoseconds()
        measure(now)
        var program = ProgramStatus(
            version: programVersion, description: configuration.description,
            listenAddress: "\(configuration.listenAddress)", destination: "\(configuration.destination)",
            protocolName: configuration.trafficProtocol.rawValue, engine: dataPlane.engine.description)
        program.read(dataPlane, startedAt: startedAt, now: now)
        var status = ServerStatus(program: program)
        status.wireGuardAddress = upstream.destination.map { "\($0)" } ?? ""
        status.traffic = Traffic(dataPlane.counters, slot: listen.handle.slot)
        let statistics = dataPlane.statistics!
        let paths = Dictionary(grouping: statistics.paths.records(), by: \.session)
        if hasSessions {
            let records = statistics.sessions.records().sorted { $0.id < $1.id }
            let unproven = records.filter { !$0.isValidated }
            status.unprovenSessions = unproven.count
            let told = records.filter(\.isValidated) + unproven.prefix(Self.unprovenSessionsMax)
            status.sessions = told.map { session($0, paths[$0.index] ?? [], statistics, now) }
            status.unprovenPaths = paths.values.joined().count { !$0.isValidated }
        } else {
            status.sessions = [everybody(paths[0] ?? [], now)]
        }
        return status
    }

    private func session(
        _ record: SessionStatistics.Record, _ paths: [PathStatistics.Record], _ statistics: ServerStatistics, _ now: Int64
    ) -> SessionStatus {
        var status = SessionStatus(id: record.id)
        status.isProven = record.isValidated
        status.number = meters.names.number(ofSession: record.id) ?? 0
        status.ageSeconds = Double(now - record.since) / 1e9
        status.lastReceivedSeconds = age(record.lastReceived, now: now) ?? 0
        status.upstreamPort = upstream.socket(inSlot: record.slot)?.socket.localAddress.port ?? 0
        status.uniqueDatagrams = statistics.copies.uniques(ofStream: record.index)
        status.duplicateDatagrams = statistics.copies.duplicates(ofStream: record.index)
        status.traffic = Traffic(dataPlane.counters, slot: record.slot)
        status.paths = paths.sorted { ($0.since, $0.index) < ($1.since, $1.index) }.map { path($0, now) }
        return status
    }

    /// Opaque traffic: one WireGuard, and whoever sends.
    private func everybody(_ paths: [PathStatistics.Record], _ now: Int64) -> SessionStatus {
        var status = SessionStatus(id: 0)
        status.number = 1
        let oldest = paths.min { $0.since < $1.since }
        status.isProven = true
        status.ageSeconds = oldest.map { Double(now - $0.since) / 1e9 } ?? 0
        status.lastReceivedSeconds = paths.map(\.lastReceived).max().flatMap { age($0, now: now) } ?? 0
        if let socket = upstream.handles.first.flatMap({ upstream.socket(inSlot: $0.slot) }) {
            status.upstreamPort = socket.socket.localAddress.port
            status.traffic = Traffic(dataPlane.counters, slot: socket.handle.slot)
        }
        status.paths = paths.sorted { ($0.since, $0.index) < ($1.since, $1.index) }.map { path($0, now) }
        return status
    }

    private func path(_ record: PathStatistics.Record, _ now: Int64) -> PathStatus {
        let meter = meters[record.address]
        var status = PathStatus(address: "\(record.address)", state: meter?.state ?? .carrying)
        status.reason = meter?.reason ?? ""
        status.stateSeconds = Double(now - (meter?.stateSince ?? record.since)) / 1e9
        status.isProven = record.isValidated || !hasSessions
        status.name = meters.names.name(of: record.address) ?? ""
        status.ageSeconds = Double(now - record.since) / 1e9
        status.lastReceivedSeconds = age(record.lastReceived, now: now) ?? 0
        status.traffic = Traffic(record)
        status.quality = meter?.windows ?? QualityWindows()
        return status
    }
}
