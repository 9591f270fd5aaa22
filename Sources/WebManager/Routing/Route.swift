// SPDX-License-Identifier: GPL-2.0-or-later

internal import HTTPTypes
internal import HummingbirdCore
internal import NIOCore

/// A method and a path with their handler.
struct Route: Sendable {
    /// The requirements of a route beyond authentication, against cross-site request forgery.
    enum Access: Sendable {
        /// No requirements: the request changes nothing.
        case read
        /// `Content-Type: application/json`, and not from a foreign page.
        case change
        /// From our own page or a script, with any content type: the Go program ignores it, and curl, Home Assistant
        /// and PowerShell each send their own.
        case changeOfAnyType
        /// A GET from our own page or a script.
        case changeByGet
    }

    typealias Handler = @Sendable (WebRequest) async throws -> Response

    var method: HTTPRequest.Method
    /// The path pattern as in OpenAPI: `/api/v2/links/{name}/history`. At most one segment is a parameter.
    var pattern: String
    var access: Access
    var handler: Handler

    init(_ method: HTTPRequest.Method, _ pattern: String, _ access: Access = .read, handler: @escaping Handler) {
        self.method = method
        self.pattern = pattern
        self.access = access
        self.handler = handler
    }

    /// Matches a path. Returns the still encoded parameter ("" for a pattern without one), or nil when the path does
    /// not match.
    func parameter(of path: Substring) -> Substring? {
        let wanted = pattern.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        let given = path.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        guard wanted.count == given.count else { return nil }
        var parameter: Substring = ""
        for (want, have) in zip(wanted, given) {
            if want.first == UInt8(ascii: "{") {
                guard !have.isEmpty else { return nil }
                parameter = Substring(have)
            } else if !want.elementsEqual(have) {
                return nil
            }
        }
        return parameter
    }
}

/// An authenticated request, as handlers receive it.
struct WebRequest: Sendable {
    var head: HTTPRequest
    /// The decoded parameter of the path; empty for a pattern without one.
    var parameter = ""
    /// The whole body, for routes that read one.
    var body = ByteBuffer()
    /// The body stream, which also reports that the peer has disconnected.
    var stream: RequestBody

    /// Returns the path without the query, still encoded.
    static func path(_ head: HTTPRequest) -> Substring { (head.path ?? "").prefix { $0 != "?" && $0 != "#" } }
}
