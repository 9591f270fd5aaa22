// SPDX-License-Identifier: GPL-2.0-or-later

public import WireGuardWire

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
    /// Paths kept at most, of all sessions together, 1...4096; a further address is refused until one expires.
    ///
    /// What the file gives. When it does not: room for every session, up to the limit; 256 where there are no sessions.
    public var maxPaths: Int {
        get {
            if let maxPathsGiven { return maxPathsGiven }
            return trafficProtocol == .opaque ? 256 : min(Self.pathsLimit, maxSessions * maxPathsPerSession)
        }
        set { maxPathsGiven = newValue }
    }
    private var maxPathsGiven: Int?
    /// WireGuard clients served at a time, 1...1024. Nothing with `opaque`.
    public var maxSessions = 128
    /// Paths one of them may have, 1...32. Nothing with `opaque`.
    public var maxPathsPerSession = 16
    /// The far WireGuard's. With it handshakes meant for another are refused; nil lets all that look like one try.
    public var wireguardPublicKey: PublicKey?
    public var trafficProtocol: TrafficProtocol = .wireguard
    /// A program's path and its first arguments, run when a path changes its state; empty means none.
    public var onLinkChange: [String] = []
    public var webManager: WebManagerConfiguration?
    /// The path of the control socket; empty for none, nil for the usual place.
    public var controlSocket: String?
    public var engine: EngineChoice = .automatic
    public var tuning = TuningConfiguration()
    public var logLevel: LogLevel = .info

    /// The largest `maxPaths`: what the data plane makes room for.
    static let pathsLimit = 4096

    public init(listenAddress: HostPort, destination: HostPort) {
        self.listenAddress = listenAddress
        self.destination = destination
    }
}
