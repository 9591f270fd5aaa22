// SPDX-License-Identifier: GPL-2.0-or-later

internal import HummingbirdCore
internal import Logging
internal import NIOCore

/// Listens on a TCP port (`webManager.listenAddr`) and serves page, API and metrics.
struct TCPListener: WebListener {
    private let settings: WebSettings

    init(_ settings: WebSettings) { self.settings = settings }

    var name: String { "the web manager" }
    var address: String { settings.listenText }
    var failureLogLevel: Logger.Level { .error }

    func authenticator() throws(WebServerError) -> Authenticator { try Authenticator(settings) }

    func bindAddresses() throws(WebServerError) -> [BindAddress] {
        settings.bindHosts.map { .hostname($0, port: Int(settings.listenPort)) }
    }

    func didBind(_ channel: any Channel, log: Logger) throws(WebServerError) {
        var address = settings
        address.listenPort = UInt16(channel.localAddress?.port ?? 0)
        log.notice("the web manager is at http://\(address.listenText)/")
        if settings.username.isEmpty != (settings.password.isEmpty && settings.passwordFile.isEmpty) {
            log.warning("the web manager asks for no password: username and password are needed, and one is missing")
        }
        if let problem = settings.passwordFileProblem { log.warning("\(problem)") }
    }

    func didEnd() {}
}
