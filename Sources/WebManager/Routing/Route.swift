// SPDX-License-Identifier: GPL-2.0-or-later

internal import HTTPTypes
internal import HummingbirdCore

/// One thing that can be asked for.
struct Route: Sendable {
    /// What a request must show besides having been let in.
    enum Access: Sendable {
        /// Nothing: it changes nothing.
        case read
        /// `Content-Type: application/json`, and that it is not a stranger's page that asks.
        case change
        /// That it is our own page or a script that asks, by any content type: the original looks at none, and curl, Home
        /// Assistant and PowerShell each have their own.
        case changeByOldScript
        /// GET, and that it is our own page or a script that asks.
        case changeByGet
    }

    typealias Handler = @Sendable (WebRequest) async throws -> Response

    var method: HTTPRequest.Method
    /// As the OpenAPI file has it: `/api/v2/links/{name}/history`. One segment may be in braces.
    var pattern: String
    var access: Access
    var handler: Handler

    init(_ method: HTTPRequest.Method, _ pattern: String, _ access: Access = .read, handler: @escaping Handler) {
        self.method = method
        self.pattern = pattern
        self.access = access
        self.handler = handler
    }

    /// Whether a path is this one's, and what stands in the place of the braces, still encoded; "" for none.
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
