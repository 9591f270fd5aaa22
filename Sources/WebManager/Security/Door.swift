// SPDX-License-Identifier: GPL-2.0-or-later

internal import HTTPTypes

/// Decides who may ask anything at all.
struct Door: Sendable {
    private let credentials: Credentials?
    private let hosts: HostRule
    let publicHosts: PublicHosts
    private let brake = GuessBrake()

    /// Lets everybody in who can reach it.
    static var open: Door { Door() }

    private init() {
        credentials = nil
        publicHosts = PublicHosts([])
        hosts = .any
    }

    init(_ settings: WebSettings) throws(WebRefusal) {
        credentials = try settings.credentials()
        publicHosts = PublicHosts(settings.publicHosts)
        hosts = HostRule(settings, isAuthenticated: credentials != nil)
    }

    /// Returns when a request may be looked at further. Authentication comes before everything else.
    ///
    /// - Parameter source: as ``sourceKey(_:)`` gives it.
    func admit(_ head: HTTPRequest, from source: String) async throws(RequestRefusal) {
        try await authenticate(head, from: source)
        // A second one may be meant for a proxy before us (RFC 9112, 3.2).
        guard let authority = head.authority, head.headerFields[.secondHost] == nil else {
            throw RequestRefusal(.badRequest, "bad-host", "a request needs one Host")
        }
        guard hosts.allows(authority) else {
            throw RequestRefusal(
                .misdirectedRequest, "unknown-host",
                "this name is not known here: use the address, name it in webManager.publicHost, or set username and "
                    + "password there")
        }
    }

    private func authenticate(_ head: HTTPRequest, from source: String) async throws(RequestRefusal) {
        guard let credentials else { return }
        guard let given = head.headerFields[.authorization] else { throw Self.unauthorized }
        guard brake.isOpen(to: source) else {
            throw RequestRefusal(
                .tooManyRequests, "too-many-guesses", "too many wrong passwords; try again in some seconds",
                fields: [HTTPField(name: .retryAfter, value: "5")])
        }
        guard !credentials.match(given) else { return brake.forgive(source) }
        let wait = brake.hold(source)
        try? await Task.sleep(for: wait)
        brake.release(source)
        throw Self.unauthorized
    }

    private static var unauthorized: RequestRefusal {
        RequestRefusal(
            .unauthorized, "unauthorized", "a user name and a password are needed",
            fields: [HTTPField(name: .wwwAuthenticate, value: Credentials.challenge)])
    }
}
