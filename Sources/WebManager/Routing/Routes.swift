// SPDX-License-Identifier: GPL-2.0-or-later

internal import HTTPTypes
internal import HummingbirdCore
internal import NIOCore
internal import Status

/// The routes of client and server.
enum Routes {
    static func all(_ role: WebRole, _ feed: EventFeed) -> [Route] {
        let own =
            switch role {
            case .client(let source): client(source)
            case .server(let source): server(source)
            }
        let page = PageFile.all.map { file in Route(.get, file.path) { file.respond(to: $0) } }
        return own + [Route(.get, "/api/v2/events") { try feed.respond(to: $0) }] + page
    }

    /// Returns the event of the feed, with the same content as `/api/v2/status`.
    static func event(_ role: WebRole) async -> ByteBuffer? {
        switch role {
        case .client(let source): EventFeed.event("status", TypedStatus(await source.status()))
        case .server(let source): EventFeed.event("status", TypedStatus(await source.status()))
        }
    }

    static func metrics(_ text: MetricsText) -> Response {
        Response.bytes(Array(text.text.utf8), type: MetricsText.contentType)
    }

    static func history(_ minutes: [QualityMinute]?, of name: String) throws -> Response {
        guard let minutes else { throw RequestError(.notFound, "not-found", "nothing is known of \(name)") }
        return try Response.json(HistoryResponse(of: name, minutes: minutes))
    }
}

extension Routes {
    static func server(_ source: any ServerStatusSource) -> [Route] {
        let list: Route.Handler = { _ in try Response.json(ServerListV1(await source.status())) }
        return [
            Route(.get, "/api/v1/get-list", handler: list),
            Route(.post, "/api/v1/get-list", handler: list),
            Route(.get, "/api/v2/status") { _ in try Response.json(TypedStatus(await source.status())) },
            Route(.get, "/api/v2/sessions") { _ in
                try Response.json(SessionsResponse(sessions: await source.status().sessions))
            },
            Route(.get, "/api/v2/paths") { _ in try Response.json(PathsResponse(await source.status())) },
            Route(.get, "/api/v2/paths/{address}/history") { request in
                try history(await source.history(ofPath: request.parameter), of: request.parameter)
            },
            Route(.get, "/metrics") { _ in metrics(MetricsText(await source.status())) },
        ]
    }
}
