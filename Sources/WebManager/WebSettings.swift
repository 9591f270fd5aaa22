// SPDX-License-Identifier: GPL-2.0-or-later

internal import Sockets

/// `webManager` of the file, as the web manager wants it.
public struct WebSettings: Sendable {
    /// A name, or an address without brackets; empty listens on every address.
    public var listenHost: String
    /// 0 lets the kernel choose.
    public var listenPort: UInt16
    public var username = ""
    public var password = ""
    /// A file that holds the password, see ``PasswordFile``. Counts when `password` is empty.
    public var passwordFile = ""
    /// Names by which the page is reached through a proxy, see ``PublicHosts``.
    public var publicHosts: [String] = []

    public init(listenHost: String, listenPort: UInt16) {
        self.listenHost = listenHost
        self.listenPort = listenPort
    }
}

extension WebSettings: CustomStringConvertible {
    /// Without what must not be in a log.
    public var description: String { listenText }

    var isLoopbackOnly: Bool { listenHost == "localhost" || IPAddress(listenHost)?.isLoopback == true }

    /// What to bind to, the first that works: a wildcard is both families where the machine has both.
    var bindHosts: [String] { listenHost.isEmpty ? ["::", "0.0.0.0"] : [listenHost] }

    var listenText: String {
        listenHost.contains(":") ? "[\(listenHost)]:\(listenPort)" : "\(listenHost):\(listenPort)"
    }

    /// What to ask of everybody; nil when nothing is.
    ///
    /// - Throws: when it must not be served like this: to strangers without authentication, or with a password
    ///   that cannot be read.
    func credentials() throws(WebRefusal) -> Credentials? {
        let password = try password.isEmpty && !passwordFile.isEmpty ? PasswordFile(path: passwordFile).password : password
        if !username.isEmpty && !password.isEmpty { return Credentials(username: username, password: password) }
        guard isLoopbackOnly else {
            throw WebRefusal(
                description: "the web manager is not served on \(listenText), which others can reach, without "
                    + "authentication: set username and password (or passwordFile) below webManager, or listen on "
                    + "127.0.0.1",
                mayPass: false)
        }
        return nil
    }
}
