// SPDX-License-Identifier: GPL-2.0-or-later

internal import HTTPTypes
internal import HummingbirdCore
internal import NIOCore

/// Answers every request, whatever it is.
struct Site: Sendable {
    private let routes: [Route]
    private let door: Door
    private let limits: WebLimits

    init(_ routes: [Route], _ door: Door, _ limits: WebLimits) {
        self.routes = routes
        self.door = door
        self.limits = limits
    }

    /// - Parameters:
    ///   - peer: who asks.
    ///   - invite: called before a body is read that the peer holds back until it is wanted.
    /// - Throws: only what the connection is at fault for.
    func respond(
        to request: Request, from peer: SocketAddress?, invite: () async throws -> Void
    ) async throws -> Response {
        let head = request.head
        var isBodyUnread = head.hasBody
        var response: Response
        do {
            try await door.admit(head, from: sourceKey(peer))
            response = try await answer(request, &isBodyUnread, invite)
        } catch let refusal as RequestRefusal {
            response = Answer.refusal(refusal)
        }
        if isBodyUnread { response.headers[.connection] = "close" }
        SecurityFields.add(to: &response, isAPI: WebRequest.path(head).hasPrefix("/api/"))
        response.headers[.date] = httpDate()
        return head.method == .head ? response.createHeadResponse() : response
    }

    private func answer(
        _ request: Request, _ isBodyUnread: inout Bool, _ invite: () async throws -> Void
    ) async throws -> Response {
        let (route, parameter) = try find(request.head)
        try route.access.check(request.head, door.publicHosts)
        guard let parameter = percentDecoded(parameter) else {
            throw RequestRefusal(.badRequest, "bad-path", "the path is not percent-encoded UTF-8")
        }
        var webRequest = WebRequest(head: request.head, parameter: parameter, stream: request.body)
        if route.access == .change || route.access == .changeByOldScript {
            webRequest.body = try await body(of: request, invite)
            isBodyUnread = false
        }
        return try await route.handler(webRequest)
    }

    private func find(_ head: HTTPRequest) throws(RequestRefusal) -> (Route, Substring) {
        let path = WebRequest.path(head)
        let isHead = head.method == .head
        var others: [String] = []
        for route in routes {
            guard let parameter = route.parameter(of: path) else { continue }
            // To be asked for its headers changes nothing, whatever a GET does.
            if isHead ? route.method == .get && route.access == .read : route.method == head.method {
                return (route, parameter)
            }
            others.append(route.method.rawValue)
        }
        guard !others.isEmpty else { throw RequestRefusal(.notFound, "not-found", "there is nothing here") }
        throw RequestRefusal(
            .methodNotAllowed, "bad-method", "only \(others.joined(separator: " and ")) here",
            fields: [HTTPField(name: .allow, value: others.joined(separator: ", "))])
    }

    private func body(of request: Request, _ invite: () async throws -> Void) async throws -> ByteBuffer {
        let refusal = RequestRefusal(
            .contentTooLarge, "too-large", "a body may have at most \(limits.bodyBytesMax) bytes")
        let declared = request.headers[.contentLength].flatMap { Int($0) } ?? 0
        guard declared <= limits.bodyBytesMax else { throw refusal }
        if request.headers[.expect]?.lowercased() == "100-continue" { try await invite() }
        do {
            return try await request.body.collect(upTo: limits.bodyBytesMax)
        } catch is NIOTooManyBytesError {
            throw refusal
        }
    }
}
