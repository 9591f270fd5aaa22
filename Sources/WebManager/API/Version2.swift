// SPDX-License-Identifier: GPL-2.0-or-later

internal import Status

/// A program's status, preceded by `type`: `client` or `server`.
struct TypedStatus<Program: Encodable>: Encodable {
    var type: String
    var status: Program

    init(_ status: Program) where Program == ClientStatus {
        type = "client"
        self.status = status
    }

    init(_ status: Program) where Program == ServerStatus {
        type = "server"
        self.status = status
    }

    private enum Key: CodingKey { case type }

    func encode(to encoder: any Encoder) throws {
        var members = encoder.container(keyedBy: Key.self)
        try members.encode(type, forKey: .type)
        try status.encode(to: encoder)
    }
}

/// The body of `/api/v2/links`.
struct LinksResponse: Encodable {
    var links: [LinkStatus]
}

/// The body of `/api/v2/sessions`.
struct SessionsResponse: Encodable {
    var sessions: [SessionStatus]
}

/// The body of `/api/v2/paths`: every path with the session it belongs to.
struct PathsResponse: Encodable {
    var paths: [Path]

    struct Path: Encodable {
        var session: UInt64
        var path: PathStatus

        private enum Key: CodingKey { case session }

        func encode(to encoder: any Encoder) throws {
            var members = encoder.container(keyedBy: Key.self)
            try members.encode(session, forKey: .session)
            try path.encode(to: encoder)
        }
    }

    init(_ status: ServerStatus) {
        paths = status.sessions.flatMap { session in session.paths.map { Path(session: session.id, path: $0) } }
    }
}

/// The body of a link's or path's history: the last 24 hours.
struct HistoryResponse: Encodable {
    /// The link's name or the path's address.
    var of: String
    var minutes: [QualityMinute]
}
