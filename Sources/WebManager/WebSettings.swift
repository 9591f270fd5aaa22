// SPDX-License-Identifier: GPL-2.0-or-later

internal import Sockets

/// The settings of the web server: `webManager` of the configuration.
public struct WebSettings: Sendable {
    /// The host name or address (without brackets) to listen on; empty for every address.
    public var listenHost: String
    /// The port to listen on; 0 lets the kernel choose one.
    public var listenPort: UInt16
    public var username = ""
    public var password = ""
    /// The path of a file with the password, see ``PasswordFile``. Used when `password` is empty.
    public var passwordFile = ""
    /// The names by which browsers reach the page through a proxy, see ``PublicHosts``.
    public var publicHosts: [String] = []

    public init(listenHost: String, listenPort: UInt16) {
        self.listenHost = listenHost
        self.listenPort = listenPort
    }
}

extension WebSettings: CustomStringConvertible {
    /// The listening address; the credentials are left out, because this is logged.
    public var description: String { listenText }

    var isLoopbackOnly: Bool { listenHost == "localhost" || IPAddress(listenHost)?.isLoopback == true }

    /// The hosts to bind to; the first that works is used. `::` serves both families where the machine has both.
    var bindHosts: [String] { listenHost.isEmpty ? ["::", "0.0.0.0"] : [listenHost] }

    var listenText: String {
        listenHost.contains(":") ? "[\(listenHost)]:\(listenPort)" : "\(listenHost):\(listenPort)"
    }

    /// Returns the credentials that every request needs; nil when none are needed.
    ///
    /// - Throws: `WebServerError` when other machines could connect without authentication, or when the password file
    ///   cannot be read.
    func credentials() throws(WebServerError) -> Credentials? {
        let password =
            try password.isEmpty && !passwordFile.isEmpty ? PasswordFile(path: passwordFile).password : password
        if !username.isEmpty && !password.isEmpty { return Credentials(username: username, password: password) }
        guard isLoopbackOnly else {
            throw WebServerError(
                description: "the web manager is not served on \(listenText), which others can reach, without "
                    + "authentication: set username and password (or passwordFile) below webManager, or listen on "
                    + "127.0.0.1",
                isTemporary: false)
        }
        return nil
    }
}

/// The control socket, which commands such as `engarde status` connect to.
public struct ControlSocket: Hashable, Sendable {
    /// An absolute path of at most 96 bytes. Its folder is created if it is missing.
    public var path: String
    /// True when the configuration names the path. A failure to listen there is then logged as a warning.
    public var isAskedFor: Bool

    public init(path: String, isAskedFor: Bool = false) {
        self.path = path
        self.isAskedFor = isAskedFor
    }
}
