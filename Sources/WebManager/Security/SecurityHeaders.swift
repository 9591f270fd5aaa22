// SPDX-License-Identifier: GPL-2.0-or-later

internal import HTTPTypes
internal import HummingbirdCore

/// The response headers that protect the page in a browser, and those that prevent caching.
enum SecurityHeaders {
    /// The content security policy: only the page's own files, no inline scripts or styles, no frames.
    static let policy = [
        "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self'", "connect-src 'self'",
        "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'",
    ].joined(separator: "; ")

    /// Adds the headers to a response.
    ///
    /// - Parameter isAPI: true for `/api/*`, whose caching headers are those of the Go program.
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
