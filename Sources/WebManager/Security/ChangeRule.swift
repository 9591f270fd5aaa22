// SPDX-License-Identifier: GPL-2.0-or-later

internal import HTTPTypes

extension Route.Access {
    /// Refuses what may be a stranger's page acting in the user's name (cross-site request forgery).
    func check(_ head: HTTPRequest, _ publicHosts: PublicHosts) throws(RequestRefusal) {
        guard self != .read else { return }
        let origin = RequestOrigin(head, publicHosts)
        guard origin != .stranger else { throw Self.foreign(head) }
        let type = head.headerFields[.contentType].map(Self.mediaType)
        let isTrusted = origin != .unclear
        let isAllowed =
            switch self {
            case .read: true
            case .changeByGet: isTrusted
            // No page can send this type elsewhere without asking first (CORS).
            case .change: type == "application/json" || type == nil && isTrusted && !head.hasBody
            case .changeByOldScript: type == "application/json" || isTrusted
            }
        guard isAllowed else {
            throw self == .changeByGet
                ? RequestRefusal(.forbidden, "foreign-origin", "the request does not say that it is this page's own")
                : RequestRefusal(.unsupportedMediaType, "not-json", "Content-Type must be application/json")
        }
    }

    /// Says what the request said of itself, for a proxy may be what changed it.
    private static func foreign(_ head: HTTPRequest) -> RequestRefusal {
        var message = "changes are made from this program's own page only"
        let site = head.headerFields[.secFetchSite]
        if site == nil || site == "same-origin" || site == "none", let page = head.headerFields[.origin],
            let host = RequestOrigin.authority(of: page), let authority = head.authority
        {
            message += "; this page is of \(host) and asked \(authority): a proxy between must pass the browser's Host "
                + "(nginx: proxy_set_header Host $http_host;), or webManager.publicHost must name \(host)"
        }
        return RequestRefusal(.forbidden, "foreign-origin", message)
    }

    /// In lower case and without parameters.
    private static func mediaType(_ value: String) -> String {
        value.prefix { $0 != ";" }.lowercased().filter { $0 != " " && $0 != "\t" }
    }
}

extension HTTPRequest {
    /// Whether a body follows, by what the head says.
    var hasBody: Bool {
        headerFields[.transferEncoding] != nil || (headerFields[.contentLength] ?? "0") != "0"
    }
}
