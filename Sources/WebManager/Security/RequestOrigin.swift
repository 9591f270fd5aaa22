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

    init(_ head: HTTPRequest, _ publicHosts: PublicHosts) {
        let fields = head.headerFields
        func isOwn(_ url: String) -> Bool {
            guard let page = Self.authority(of: url), let asked = head.authority?.lowercased() else { return false }
            return page == asked || publicHosts.contains(page)
        }
        let origin = fields[.origin]
        switch fields[.secFetchSite] {
        // No page can set this header, and it compares what the browser sees: a proxy may have changed Host.
        case "same-origin": self = .ownPage
        case "none": self = origin.map(isOwn) ?? true ? .ownPage : .stranger
        case .some: self = .stranger
        case nil:
            if let url = origin ?? fields[.referer] {
                self = isOwn(url) ? .ownPage : .stranger
            } else {
                self = Self.isBrowser(fields[.userAgent] ?? "") ? .unclear : .script
            }
        }
    }

    /// PowerShell's calls itself `Mozilla/5.0 (Windows NT; …) WindowsPowerShell/5.1`.
    private static func isBrowser(_ agent: String) -> Bool {
        let agent = agent.lowercased()
        return agent.hasPrefix("mozilla/") && !agent.contains("powershell/")
    }

    /// Host and port of a URL, in lower case; nil when it is no page's. A proxy may speak TLS on our behalf, so both
    /// schemes are.
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
