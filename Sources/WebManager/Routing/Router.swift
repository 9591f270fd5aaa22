// SPDX-License-Identifier: GPL-2.0-or-later

internal import HTTPTypes
internal import HummingbirdCore
internal import NIOCore

/// Authenticates requests, finds their routes, and calls the handlers.
struct Router: Sendable {
    private let routes: [Route]
    private let authenticator: Authenticator
    private let limits: WebLimits

    init(_ routes: [Route], _ authenticator: Authenticator, _ limits: WebLimits) {
        self.routes = routes
        self.authenticator = authenticator
        self.limits = limits
    }

    /// Returns the response to a request.
    ///
    /// - Parameters:
    ///   - peer: the peer's address.
    ///   - sendContinue: called before reading the body of a request with `Expect: 100-continue`.
    /// - Throws: only errors of the connection.
    func respond(
        to request: Request, from peer: SocketAddress?, sendContinue: () async throws -> Void
    ) async throws -> Response {
        let head = request.head
        var isBodyUnread = head.hasBody
        var response: Response
        do {
            try await authenticator.authorize(head, from: sourceKey(peer))
            response = try await answer(request, &isBodyUnread, sendContinue)
        } catch let error as RequestError {
            response = Response.error(error)
        }
        if isBodyUnread { response.headers[.connection] = "close" }
        SecurityHeaders.add(to: &response, isAPI: WebRequest.path(head).hasPrefix("/api/"))
        response.headers[.date] = httpDate()
        return head.method == .head ? response.createHeadResponse() : response
    }

    private func answer(
        _ request: Request, _ isBodyUnread: inout Bool, _ sendContinue: () async throws -> Void
    ) async throws -> Response {
        let (route, parameter) = try find(request.head)
        try route.access.check(request.head, authenticator.publicHosts)
        guard let parameter = percentDecoded(parameter) else {
            throw RequestError(.badRequest, "bad-path", "the path is not percent-encoded UTF-8")
        }
        var webRequest = WebRequest(head: request.head, parameter: parameter, stream: request.body)
        if route.access == .change || route.access == .changeOfAnyType {
            webRequest.body = try await body(of: request, sendContinue)
            isBodyUnread = false
        }
        return try await route.handler(webRequest)
    }

    private func find(_ head: HTTPRequest) throws(RequestError) -> (Route, Substring) {
        let path = WebRequest.path(head)
        let isHead = head.method == .head
        var others: [String] = []
        for route in routes {
            guard let parameter = route.parameter(of: path) else { continue }
            // HEAD must not change anything, so it never reaches a GET that does.
            if isHead ? route.method == .get && route.access == .read : route.method == head.method {
                return (route, parameter)
            }
            others.append(route.method.rawValue)
        }
        guard !others.isEmpty else { throw RequestError(.notFound, "not-found", "there is nothing here") }
        throw RequestError(
            .methodNotAllowed, "bad-method", "only \(others.joined(separator: " and ")) here",
            fields: [HTTPField(name: .allow, value: others.joined(separator: ", "))])
    }

    private func body(of request: Request, _ sendContinue: () async throws -> Void) async throws -> ByteBuffer {
        let refusal = RequestError(
            .contentTooLarge, "too-large", "a body may have at most \(limits.bodyBytesMax) bytes")
        let declared = request.headers[.contentLength].flatMap { Int($0) } ?? 0
        guard declared <= limits.bodyBytesMax else { throw refusal }
        if request.headers[.expect]?.lowercased() == "100-continue" { try await sendContinue() }
        do {
            return try await request.body.collect(upTo: limits.bodyBytesMax)
        } catch is NIOTooManyBytesError {
            throw refusal
        }
    }
}
