// SPDX-License-Identifier: GPL-2.0-or-later

internal import HTTPTypes

extension Route.Access {
    /// Rejects requests that may be forged by a foreign page (cross-site request forgery).
    func check(_ head: HTTPRequest, _ publicHosts: PublicHosts) throws(RequestError) {
        guard self != .read else { return }
        let origin = RequestOrigin(head, publicHosts)
        guard origin != .foreignPage else { throw Self.foreign(head) }
        let type = head.headerFields[.contentType].map(Self.mediaType)
        let isTrusted = origin != .unknown
        let isAllowed =
            switch self {
            case .read: true
            case .changeByGet: isTrusted
            // Browsers send this type to another origin only after a preflight request (CORS).
            case .change: type == "application/json" || type == nil && isTrusted && !head.hasBody
            case .changeOfAnyType: type == "application/json" || isTrusted
            }
        guard isAllowed else {
            throw self == .changeByGet
                ? RequestError(.forbidden, "foreign-origin", "the request does not say that it is this page's own")
                : RequestError(.unsupportedMediaType, "not-json", "Content-Type must be application/json")
        }
    }

    /// Returns the error for a foreign page. It names the request's hosts, because a proxy may have changed them.
    private static func foreign(_ head: HTTPRequest) -> RequestError {
        var message = "changes are made from this program's own page only"
        let site = head.headerFields[.secFetchSite]
        if site == nil || site == "same-origin" || site == "none", let page = head.headerFields[.origin],
            let host = RequestOrigin.authority(of: page), let authority = head.authority
        {
            message += "; this page is of \(host) and asked \(authority): a proxy between must pass the browser's Host "
                + "(nginx: proxy_set_header Host $http_host;), or webManager.publicHost must name \(host)"
        }
        return RequestError(.forbidden, "foreign-origin", message)
    }

    /// Returns the media type in lower case and without parameters.
    private static func mediaType(_ value: String) -> String {
        value.prefix { $0 != ";" }.lowercased().filter { $0 != " " && $0 != "\t" }
    }
}

extension HTTPRequest {
    /// True when the head announces a body.
    var hasBody: Bool {
        headerFields[.transferEncoding] != nil || (headerFields[.contentLength] ?? "0") != "0"
    }
}
