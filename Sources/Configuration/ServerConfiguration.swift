// SPDX-License-Identifier: GPL-2.0-or-later

/// What `engarde-server` reads from the `server` section.
public struct ServerConfiguration: Hashable, Sendable {
    /// Logged at start and shown in the API and page.
    public var description = ""
    /// Where clients send to.
    public var listenAddress: HostPort
    /// The far WireGuard.
    public var destination: HostPort
    /// As the file gives it, nil when it does not. Read for the sake of older files: our sends never wait.
    public var writeTimeoutMilliseconds: Int?
    /// A path not heard from for longer than this many seconds is gone.
    public var clientTimeoutSeconds = 30
    /// Paths kept at most; a further address is refused until one expires.
    public var maxPaths = 256
    public var webManager: WebManagerConfiguration?
    public var engine: EngineChoice = .automatic
    public var tuning = TuningConfiguration()
    public var logLevel: LogLevel = .info

    public init(listenAddress: HostPort, destination: HostPort) {
        self.listenAddress = listenAddress
        self.destination = destination
    }
}
