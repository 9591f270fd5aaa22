// SPDX-License-Identifier: GPL-2.0-or-later

internal import HTTPTypes

/// The origin of a request.
enum RequestOrigin: Hashable {
    /// Our own page, according to the browser.
    case ownPage
    /// Another page in a browser.
    case foreignPage
    /// A program that is not a browser.
    case script
    /// A browser that does not name the page.
    ///
    /// Browsers omit `Origin` from plain GETs, and `Sec-Fetch-Site` without TLS. Their `User-Agent` begins with
    /// `Mozilla/`, and a page cannot change it without a preflight request (CORS).
    case unknown

    init(_ head: HTTPRequest, _ publicHosts: PublicHosts) {
        let fields = head.headerFields
        func isOwn(_ url: String) -> Bool {
            guard let page = Self.authority(of: url), let asked = head.authority?.lowercased() else { return false }
            return page == asked || publicHosts.contains(page)
        }
        let origin = fields[.origin]
        switch fields[.secFetchSite] {
        // Pages cannot set this header. Unlike Host, a proxy does not change it.
        case "same-origin": self = .ownPage
        case "none": self = origin.map(isOwn) ?? true ? .ownPage : .foreignPage
        case .some: self = .foreignPage
        case nil:
            if let url = origin ?? fields[.referer] {
                self = isOwn(url) ? .ownPage : .foreignPage
            } else {
                self = Self.isBrowser(fields[.userAgent] ?? "") ? .unknown : .script
            }
        }
    }

    /// Returns true for the `User-Agent` of a browser. PowerShell sends `Mozilla/5.0 (Windows NT; …)
    /// WindowsPowerShell/5.1`.
    private static func isBrowser(_ agent: String) -> Bool {
        let agent = agent.lowercased()
        return agent.hasPrefix("mozilla/") && !agent.contains("powershell/")
    }

    /// Returns host and port of an HTTP or HTTPS URL, in lower case; nil for other URLs. HTTPS is accepted because a
    /// proxy may terminate TLS.
    static func authority(of url: String) -> String? {
        let url = url.lowercased()
        for scheme in ["http://", "https://"] where url.hasPrefix(scheme) {
            let authority = url.dropFirst(scheme.count).prefix { $0 != "/" }
            return HostRule.host(of: String(authority)) == nil ? nil : String(authority)
        }
        return nil
    }
}

extension HTTPField.Name {
    /// `Host`: swift-nio moves the first one into the authority, so this is a second one.
    static let secondHost = HTTPField.Name("Host")!
    static let secFetchSite = HTTPField.Name("Sec-Fetch-Site")!
    static let contentSecurityPolicy = HTTPField.Name("Content-Security-Policy")!
    static let referrerPolicy = HTTPField.Name("Referrer-Policy")!
    static let frameOptions = HTTPField.Name("X-Frame-Options")!
    static let contentTypeOptions = HTTPField.Name("X-Content-Type-Options")!
    static let pragma = HTTPField.Name("Pragma")!
    static let resourcePolicy = HTTPField.Name("Cross-Origin-Resource-Policy")!
}
