// SPDX-License-Identifier: GPL-2.0-or-later

internal import HTTPTypes
internal import HummingbirdCore

/// The headers by which a browser protects our page, and those by which nothing keeps an answer.
enum SecurityFields {
    /// The page's own files and nothing else: no inline script or style, no other site, no frame around it.
    static let policy = [
        "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self'", "connect-src 'self'",
        "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'",
    ].joined(separator: "; ")

    /// - Parameter isAPI: whether it is an answer of `/api/*`, whose headers are the original's.
    static func add(to response: inout Response, isAPI: Bool) {
        response.headers[.contentSecurityPolicy] = policy
        response.headers[.contentTypeOptions] = "nosniff"
        response.headers[.referrerPolicy] = "same-origin"
        response.headers[.frameOptions] = "DENY"
        response.headers[.resourcePolicy] = "same-origin"
        if isAPI {
            response.headers[.cacheControl] = "no-cache, private, max-age=0"
            response.headers[.pragma] = "no-cache"
            response.headers[.expires] = "Thu, 01 Jan 1970 00:00:00 GMT"
        } else if response.headers[.cacheControl] == nil {
            response.headers[.cacheControl] = "no-store"
        }
    }
}
