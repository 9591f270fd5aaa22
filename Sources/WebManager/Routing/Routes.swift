// SPDX-License-Identifier: GPL-2.0-or-later

internal import HTTPTypes
internal import HummingbirdCore
internal import NIOCore
internal import Status

/// Everything that can be asked of a program.
enum Routes {
    static func all(_ role: WebRole, _ feed: EventFeed) -> [Route] {
        let own =
            switch role {
            case .client(let source): client(source)
            case .server(let source): server(source)
            }
        let page = PageFile.all.map { file in Route(.get, file.path) { file.answer($0) } }
        return own + [Route(.get, "/api/v2/events") { try feed.answer($0) }] + page
    }

    /// What the feed says each time: the same as `/api/v2/status`.
    static func event(_ role: WebRole) async -> ByteBuffer? {
        switch role {
        case .client(let source): EventFeed.event("status", TypedStatus(await source.status()))
        case .server(let source): EventFeed.event("status", TypedStatus(await source.status()))
        }
    }

    static func metrics(_ text: MetricsText) -> Response {
        Answer.bytes(Array(text.text.utf8), type: MetricsText.contentType)
    }

    static func history(_ minutes: [QualityMinute]?, of name: String) throws -> Response {
        guard let minutes else { throw RequestRefusal(.notFound, "not-found", "nothing is known of \(name)") }
        return try Answer.json(HistoryAnswer(of: name, minutes: minutes))
    }
}
