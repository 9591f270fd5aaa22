// SPDX-License-Identifier: GPL-2.0-or-later

internal import DataPlane
internal import Logging
internal import Quality
internal import Sockets
internal import Status

/// The server's paths second by second: tells of those that come, go, fall silent or recover, and keeps what is
/// known of their quality.
struct PathMeters {
    private static let linesPerSecondMax = 8

    private struct Entry {
        var meter: Meter
        var since: Int64
        /// It has been told of.
        var isTold: Bool
    }

    private let log: Logger
    private let timeoutSeconds: Int
    private let tellChange: (String, CarryingState, CarryingState, String) -> Void
    private let ring: () -> Void
    private var entries: [SocketAddress: Entry] = [:]
    private(set) var names = SeriesNames()

    /// - Parameters:
    ///   - tellChange: called with a path's address, its old and new state, and the reason, when people should know.
    ///   - ring: called when a path is in another state than before.
    init(
        timeoutSeconds: Int, log: Logger,
        tellChange: @escaping (String, CarryingState, CarryingState, String) -> Void, ring: @escaping () -> Void
    ) {
        self.ring = ring
        self.timeoutSeconds = timeoutSeconds
        self.log = log
        self.tellChange = tellChange
    }

    var isEmpty: Bool { entries.isEmpty }

    /// Takes in what the statistics say. Opaque traffic has paths without sessions, and no copies to compare.
    mutating func update(_ statistics: ServerStatistics, hasSessions: Bool, now: Int64) {
        let records = statistics.paths.records()
        let sessions = Dictionary(statistics.sessions.records().map { ($0.index, $0) }) { first, _ in first }
        var lastReceived: [Int: Int64] = [:]
        for record in records { lastReceived[record.session] = max(lastReceived[record.session] ?? 0, record.lastReceived) }

        let live = Set(records.map(\.address))
        let gone = entries.filter { !live.contains($0.key) }
        entries = entries.filter { live.contains($0.key) }
        tell(gone.filter(\.value.isTold).map(\.key), "gone, silent for \(timeoutSeconds) s or replaced")
        var new: [SocketAddress] = []
        for record in records {
            var entry = entries[record.address] ?? Entry(meter: Meter(.server, now: now), since: 0, isTold: false)
            if entry.since != record.since {
                entry = Entry(meter: Meter(.server, now: now), since: record.since, isTold: false)
            }
            // A stranger's claim is nobody's news.
            if !entry.isTold, record.isValidated || !hasSessions {
                entry.isTold = true
                new.append(record.address)
            }
            let reading = Meter.Reading(
                now: now, joined: record.since, member: record.index, stream: record.session,
                lastReceived: record.lastReceived, traffic: Traffic(record), refusal: record.lastFailure,
                lastHeardAnywhere: lastReceived[record.session] ?? 0,
                expectedReplies: sessions[record.session]?.expectedReplies ?? 0)
            let before = entry.meter.update(reading, statistics.copies)
            if let before, record.isValidated { tell(record.address, before, entry.meter) }
            entries[record.address] = entry
        }
        tell(new, "heard")
        name(records.filter { $0.isValidated || !hasSessions }, sessions, now)
    }

    /// The meter of a live path by its address in words.
    subscript(text: String) -> Meter? { entries.first { "\($0.key)" == text }?.value.meter }

    /// The meter of a live path.
    subscript(address: SocketAddress) -> Meter? { entries[address]?.meter }

    private mutating func name(_ paths: [PathStatistics.Record], _ sessions: [Int: SessionStatistics.Record], _ now: Int64) {
        names.update(
            sessions: sessions.values.filter(\.isValidated).map(\.id),
            paths: paths.map {
                SeriesNames.Path(
                    address: $0.address, since: $0.since, lastReceived: $0.lastReceived,
                    session: sessions[$0.session]?.id ?? 0)
            }, now: now)
    }

    /// Tells of a path that is another than `before`: everybody of what it does now, and people of what they should
    /// know.
    private func tell(_ address: SocketAddress, _ before: Meter.Before, _ meter: Meter) {
        let (state, reason) = (meter.alarm, meter.reason)
        guard state != before.alarm else { return ring() }
        log.notice("path \(address): \(state.rawValue)\(reason.isEmpty ? "" : ", \(reason)")")
        tellChange("\(address)", before.alarm, state, reason)
        ring()
    }

    /// One line a path, but not hundreds at once when somebody floods.
    private func tell(_ addresses: [SocketAddress], _ what: String) {
        for address in addresses.prefix(Self.linesPerSecondMax) { log.notice("path \(address): \(what)") }
        let more = addresses.count - Self.linesPerSecondMax
        if more > 0 { log.notice("\(more) more paths: \(what)") }
    }
}

extension Traffic {
    init(_ record: PathStatistics.Record) {
        self.init()
        receivedDatagrams = record.receivedDatagrams
        receivedBytes = record.receivedBytes
        sentDatagrams = record.sentDatagrams
        sentBytes = record.sentBytes
        sendFailures = record.sendFailures
    }
}
