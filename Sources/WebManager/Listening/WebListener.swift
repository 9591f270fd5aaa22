// SPDX-License-Identifier: GPL-2.0-or-later

internal import HummingbirdCore
internal import Logging
internal import NIOCore

/// A place where the web side is served, and who may ask there.
protocol WebListener: Sendable {
    /// Names what is served, for the beginning of a sentence: `the web manager`.
    var name: String { get }
    /// Names the place as a log does.
    var place: String { get }
    /// The log level of a line about what keeps it from being served.
    var troubleLevel: Logger.Level { get }

    /// Decides who is let in.
    ///
    /// - Throws: when it must not be served like this.
    func door() throws(WebRefusal) -> Door

    /// Returns the addresses to bind to; the first that works is taken.
    ///
    /// - Throws: when the place is not to be had.
    func addresses() throws(WebRefusal) -> [BindAddress]

    /// Called once it is bound, before anybody is served.
    ///
    /// - Throws: when it cannot be served all the same.
    func didBind(_ channel: any Channel, log: Logger) throws(WebRefusal)

    /// Called when it is no longer served.
    func didEnd()
}
