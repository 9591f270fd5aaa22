// SPDX-License-Identifier: GPL-2.0-or-later

internal import Status

extension MetricsText {
    /// The maximum numbers of sessions and paths with metrics of their own; the rest is only counted.
    static let sessionsMax = 256
    static let pathsMax = 256

    /// Writes the metrics of a server.
    ///
    /// Any sender of a datagram creates a path, so only proven sessions and paths get time series; the rest is only
    /// counted. Labels use names that stay the same when a client reconnects.
    init(_ status: ServerStatus) {
        add(status.program, role: "server")
        add(SharedFamilies.traffic { $0 }, prefix: "engarde_clients_", of: [status.traffic]) { _ in [] }
        let allSessions = status.sessions.filter(\.isProven)
        let allPaths = allSessions.flatMap { session in
            session.paths.filter(\.isProven).map { Path(session: session.number, status: $0) }
        }
        let sessions = Array(allSessions.filter { $0.number > 0 }.prefix(Self.sessionsMax))
        let paths = Array(allPaths.filter { !$0.status.name.isEmpty }.prefix(Self.pathsMax))
        add("engarde_sessions", .gauge, "WireGuard clients.", Double(allSessions.count))
        add(
            "engarde_paths", .gauge, "Client addresses, by state.",
            CarryingState.allCases.filter(\.isInFanOut).map { state in
                Sample(
                    labels: [("state", state.rawValue)],
                    value: Double(allPaths.count { $0.status.state == state }))
            })
        add(
            "engarde_unproven_sessions", .gauge, "Senders that may be clients and wait for WireGuard's answer.",
            Double(status.unprovenSessions))
        add(
            "engarde_unproven_paths", .gauge, "Addresses of which it is not known whether a client is there.",
            Double(status.unprovenPaths))
        add(
            "engarde_sessions_omitted", .gauge, "Sessions without metrics of their own.",
            Double(allSessions.count - sessions.count))
        add(
            "engarde_paths_omitted", .gauge, "Paths without metrics of their own.",
            Double(allPaths.count - paths.count))
        add(sessions)
        add(paths)
    }

    private struct Path {
        var session: Int
        var status: PathStatus
    }

    private mutating func add(_ sessions: [SessionStatus]) {
        let own = [
            MetricsFamily<SessionStatus>("age_seconds", .gauge, "Since the session began.") { $0.ageSeconds },
            MetricsFamily<SessionStatus>("last_received_age_seconds", .gauge, "Since the client sent something.") {
                $0.lastReceivedSeconds
            },
            MetricsFamily<SessionStatus>("unique_datagrams_total", .counter, "Different datagrams from the client.") {
                Double($0.uniqueDatagrams)
            },
            MetricsFamily<SessionStatus>("duplicate_datagrams_total", .counter, "Further copies, dropped.") {
                Double($0.duplicateDatagrams)
            },
        ]
        add(own + SharedFamilies.traffic(\.traffic), prefix: "engarde_session_", of: sessions) {
            [("session", "\($0.number)")]
        }
    }

    private mutating func add(_ paths: [Path]) {
        func labels(_ path: Path) -> [(name: String, value: String)] {
            [("session", "\(path.session)"), ("path", path.status.name)]
        }
        let states = paths.flatMap { path in
            CarryingState.allCases.filter(\.isInFanOut).map { state in
                Sample(
                    labels: labels(path) + [("state", state.rawValue)], value: path.status.state == state ? 1 : 0)
            }
        }
        add("engarde_path_state", .gauge, "1 for the state the path is in.", states)
        let own = [
            MetricsFamily<Path>("age_seconds", .gauge, "Since the path began.") { $0.status.ageSeconds },
            MetricsFamily<Path>("last_received_age_seconds", .gauge, "Since something came from there.") {
                $0.status.lastReceivedSeconds
            },
        ]
        add(
            own + SharedFamilies.traffic(\.status.traffic) + SharedFamilies.quality(\.status.quality),
            prefix: "engarde_path_", of: paths, labels: labels)
    }
}
