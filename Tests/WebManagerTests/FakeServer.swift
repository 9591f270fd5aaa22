// SPDX-License-Identifier: GPL-2.0-or-later

import Status

/// A server with a given number of sessions.
struct FakeServer: ServerStatusSource {
    var value: ServerStatus

    init(sessionCount: Int = 2) {
        value = ServerStatus(program: .sample)
        value.wireGuardAddress = "127.0.0.1:51820"
        value.sessions = (0..<sessionCount).map { index in
            var session = SessionStatus(id: UInt64(index + 1))
            session.isProven = true
            session.number = index + 1
            session.lastReceivedSeconds = 0.5
            var first = PathStatus(address: "192.0.2.\(index % 250 + 1):4000\(index % 10)", state: .carrying)
            first.isProven = true
            first.name = "192.0.2.\(index % 250 + 1)"
            first.lastReceivedSeconds = 1.9
            first.quality.lastMinute.lossPercent = 2
            var second = PathStatus(address: "[2001:db8::\(index + 1)]:51821", state: .degraded)
            second.isProven = true
            second.name = "2001:db8::\(index + 1)"
            second.lastReceivedSeconds = 29.99
            session.paths = [first, second]
            return session
        }
    }

    /// Adds an unproven session.
    mutating func addUnprovenSession(_ id: UInt64, from address: String) {
        var session = SessionStatus(id: id)
        session.paths = [PathStatus(address: address, state: .carrying)]
        value.sessions.append(session)
        value.unprovenSessions += 1
        value.unprovenPaths += 1
    }

    func status() async -> ServerStatus { value }
    func onChange(_ handler: @escaping @Sendable () -> Void) {}

    func history(ofPath address: String) async -> [QualityMinute]? {
        guard value.sessions.flatMap(\.paths).contains(where: { $0.address == address }) else { return nil }
        return [
            QualityMinute(
                startUnixSeconds: 1_700_000_040, expectedDatagrams: 10, receivedDatagrams: 9, firstDatagrams: 4,
                delayP50Milliseconds: nil, delayP99Milliseconds: 3.5, receivedBytes: 9000, sentBytes: 8000)
        ]
    }
}
