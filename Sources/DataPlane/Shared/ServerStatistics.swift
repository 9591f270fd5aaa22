// SPDX-License-Identifier: GPL-2.0-or-later

/// What the server's data plane publishes, sized for the same limits.
public struct ServerStatistics: Sendable {
    public let paths: PathStatistics
    public let sessions: SessionStatistics
    /// Members are paths, streams are sessions.
    public let copies: DuplicateStatistics

    public init(_ limits: SessionLimits) {
        paths = PathStatistics(capacity: limits.pathCapacity)
        sessions = SessionStatistics(capacity: limits.tableCapacity)
        copies = DuplicateStatistics(members: limits.pathCapacity, streams: limits.tableCapacity)
    }
}
