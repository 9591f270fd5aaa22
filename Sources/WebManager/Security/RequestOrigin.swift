// SPDX-License-Identifier: GPL-2.0-or-later

internal import HTTPTypes

/// Where a request was made up.
enum RequestOrigin: Hashable {
    /// On our own page, as the browser says.
    case ownPage
    /// Anywhere else in a browser.
    case stranger
    /// In no browser: nothing says that it was one.
    case script
    /// Perhaps on a stranger's page: a browser that does not say.
    ///
    /// Browsers leave `Origin` out of plain GETs, and `Sec-Fetch-Site` where there is no TLS. They all call themselves
    /// `Mozilla/`, and no page can make them not to without asking us first (CORS).
    case unclear

    init(_ head: HTTPRequest) {
        let fields = head.headerFields
        let site = fields[.secFetchSite]
        if let origin = fields[.origin] {
            self = Self.isOwn(origin, head) && site != "cross-site" && site != "same-site" ? .ownPage : .stranger
        } else if let site {
            self = site == "same-origin" || site == "none" ? .ownPage : .stranger
        } else if let referer = fields[.referer] {
            self = Self.isOwn(referer, head) ? .ownPage : .stranger
        } else if fields[.userAgent]?.lowercased().hasPrefix("mozilla/") == true {
            self = .unclear
        } else {
            self = .script
        }
    }

    /// Whether a URL is ours. A proxy may speak TLS on our behalf, so both schemes are.
    private static func isOwn(_ url: String, _ head: HTTPRequest) -> Bool {
        guard let authority = head.authority?.lowercased(), !authority.isEmpty else { return false }
        let url = url.lowercased()
        for scheme in ["http://", "https://"] where url.hasPrefix(scheme) {
            return url.dropFirst(scheme.count).prefix { $0 != "/" } == authority
        }
        return false
    }
}

extension HTTPField.Name {
    /// The first one has become the authority.
    static let secondHost = HTTPField.Name("Host")!
    static let secFetchSite = HTTPField.Name("Sec-Fetch-Site")!
    static let contentSecurityPolicy = HTTPField.Name("Content-Security-Policy")!
    static let referrerPolicy = HTTPField.Name("Referrer-Policy")!
    static let frameOptions = HTTPField.Name("X-Frame-Options")!
    static let contentTypeOptions = HTTPField.Name("X-Content-Type-Options")!
    static let pragma = HTTPField.Name("Pragma")!
    static let resourcePolicy = HTTPField.Name("Cross-Origin-Resource-Policy")!
}
