// SPDX-License-Identifier: GPL-2.0-or-later

/// What the server's data plane publishes, sized for the same limits.
public struct ServerBoards: Sendable {
    public let paths: PathBoard
    public let sessions: SessionBoard
    /// Members are paths, streams are sessions.
    public let copies: CopyBoard

    public init(_ limits: SessionLimits) {
        paths = PathBoard(capacity: limits.pathCapacity)
        sessions = SessionBoard(capacity: limits.tableCapacity)
        copies = CopyBoard(members: limits.pathCapacity, streams: limits.tableCapacity)
    }
}
