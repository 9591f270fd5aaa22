// SPDX-License-Identifier: GPL-2.0-or-later

/// Which engine moves the datagrams.
public enum EngineChoice: String, Hashable, Sendable, CaseIterable {
    /// The best one the kernel allows, probed at start.
    case automatic = "auto"
    case uring = "io_uring"
    case polling
}

/// What the datagrams are, which decides how much can be known of them.
public enum TrafficProtocol: String, Hashable, Sendable, CaseIterable {
    /// WireGuard's, whose clear header is read: duplicates are dropped, sessions kept apart, strangers kept out.
    case wireguard
    /// Anything: all is forwarded as it comes.
    case opaque
}

/// How much is logged, least important first.
public enum LogLevel: String, Hashable, Sendable, CaseIterable {
    case trace, debug, info, notice, warning, error, critical
}

/// `tuning` of either section: what users of high-rate links may turn.
public struct TuningConfiguration: Hashable, Sendable {
    /// The processor the data plane stays on.
    public var processor: Int?
    /// Microseconds to poll network devices before sleeping.
    public var busyPollMicroseconds: Int?
    /// A kernel thread submits to io_uring.
    public var submissionThread = false

    public init() {}
}

/// `webManager` of either section.
public struct WebManagerConfiguration: Hashable, Sendable {
    public var listenAddress: HostPort
    public var username = ""
    /// As the file gives it; empty when it does not. Not in any log.
    public var password = ""
    /// The path of a file that holds the password, empty when there is none; then `password` is not. Nobody has
    /// opened it yet.
    public var passwordFile = ""
    /// Hosts, perhaps with ports, by which a proxy is reached that serves the page.
    public var publicHosts: [String] = []

    public init(listenAddress: HostPort) { self.listenAddress = listenAddress }
}
