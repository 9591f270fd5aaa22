// SPDX-License-Identifier: GPL-2.0-or-later

internal import HTTPTypes

/// Checks the credentials and the `Host` of every request.
struct Authenticator: Sendable {
    private let credentials: Credentials?
    private let hosts: HostRule
    let publicHosts: PublicHosts
    private let rateLimit = LoginRateLimit()

    /// An authenticator without credentials that accepts every host.
    static var allowingAll: Authenticator { Authenticator() }

    private init() {
        credentials = nil
        publicHosts = PublicHosts([])
        hosts = .any
    }

    init(_ settings: WebSettings) throws(WebServerError) {
        credentials = try settings.credentials()
        publicHosts = PublicHosts(settings.publicHosts)
        hosts = HostRule(settings, isAuthenticated: credentials != nil)
    }

    /// Checks the credentials first, then the host.
    ///
    /// - Parameter source: the peer as ``sourceKey(_:)`` names it.
    /// - Throws: ``RequestError`` when the request must be refused.
    func authorize(_ head: HTTPRequest, from source: String) async throws(RequestError) {
        try await authenticate(head, from: source)
        // A second Host field could mean another host to a proxy (RFC 9112, 3.2).
        guard let authority = head.authority, head.headerFields[.secondHost] == nil else {
            throw RequestError(.badRequest, "bad-host", "a request needs one Host")
        }
        guard hosts.allows(authority) else {
            throw RequestError(
                .misdirectedRequest, "unknown-host",
                "this name is not known here: use the address, name it in webManager.publicHost, or set username and "
                    + "password there")
        }
    }

    private func authenticate(_ head: HTTPRequest, from source: String) async throws(RequestError) {
        guard let credentials else { return }
        guard let given = head.headerFields[.authorization] else { throw Self.unauthorized }
        guard rateLimit.allows(source) else {
            throw RequestError(
                .tooManyRequests, "too-many-guesses", "too many wrong passwords; try again in some seconds",
                fields: [HTTPField(name: .retryAfter, value: "5")])
        }
        guard !credentials.match(given) else { return rateLimit.recordSuccess(source) }
        let wait = rateLimit.recordFailure(source)
        try? await Task.sleep(for: wait)
        rateLimit.endDelay(source)
        throw Self.unauthorized
    }

    private static var unauthorized: RequestError {
        RequestError(
            .unauthorized, "unauthorized", "a user name and a password are needed",
            fields: [HTTPField(name: .wwwAuthenticate, value: Credentials.challenge)])
    }
}
