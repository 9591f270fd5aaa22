// SPDX-License-Identifier: GPL-2.0-or-later

internal import HummingbirdCore
internal import Logging
internal import NIOCore

/// An endpoint of the web server, with its access control.
protocol WebListener: Sendable {
    /// The name for log messages: `the web manager`.
    var name: String { get }
    /// The address for log messages.
    var address: String { get }
    /// The log level for failures to listen.
    var failureLogLevel: Logger.Level { get }

    /// Returns the authenticator of requests.
    ///
    /// - Throws: `WebServerError` when the settings would make it unsafe to serve.
    func authenticator() throws(WebServerError) -> Authenticator

    /// Returns the addresses to bind to; the first that works is used.
    ///
    /// - Throws: `WebServerError` when the address is not available.
    func bindAddresses() throws(WebServerError) -> [BindAddress]

    /// Called after binding, before the first request.
    ///
    /// - Throws: `WebServerError` when it cannot be served.
    func didBind(_ channel: any Channel, log: Logger) throws(WebServerError)

    /// Called after the server has stopped.
    func didEnd()
}

/// A failure to serve, described in one line with a remedy.
struct WebServerError: Error, Hashable, CustomStringConvertible {
    var description: String
    /// True when the cause may go away by itself, so that a retry makes sense.
    var isTemporary: Bool
}
