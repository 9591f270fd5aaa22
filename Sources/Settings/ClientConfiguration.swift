// SPDX-License-Identifier: GPL-2.0-or-later

public import Sockets

/// What `engarde-client` reads from the `client` section.
public struct ClientConfiguration: Hashable, Sendable {
    /// Logged at start and shown in the API and page.
    public var description = ""
    /// Where WireGuard sends to.
    public var listenAddress: HostPort
    /// Where the server listens, unless a link has an override.
    public var destination: HostPort
    /// As the file gives it, nil when it does not. Read for the sake of older files: our sends never wait.
    public var writeTimeoutMilliseconds: Int?
    public var excludedInterfaces: ExcludedInterfaces = []
    /// Interface name to text shown beside it.
    public var interfaceLabels: [String: String] = [:]
    /// Per-interface destinations in file order; the first match wins.
    public var destinationOverrides: [DestinationOverride] = []
    /// Where WireGuard may speak from besides this machine itself.
    public var allowedSources: [AddressPrefix] = []
    public var trafficProtocol: TrafficProtocol = .wireguard
    /// A program's path and its first arguments, run when a link changes its state; empty means none.
    public var onLinkChange: [String] = []
    public var webManager: WebManagerConfiguration?
    /// The path of the control socket; empty for none, nil for the usual place.
    public var controlSocket: String?
    public var engine: EngineChoice = .automatic
    public var tuning = TuningConfiguration()
    public var logLevel: LogLevel = .info

    public init(listenAddress: HostPort, destination: HostPort) {
        self.listenAddress = listenAddress
        self.destination = destination
    }
}

/// One entry of `client.dstOverrides`.
public struct DestinationOverride: Hashable, Sendable {
    /// A name, or a pattern as ``NamePattern`` describes it.
    public var interface: String
    public var destination: HostPort

    public init(interface: String, destination: HostPort) {
        self.interface = interface
        self.destination = destination
    }

    public func matches(_ name: String) -> Bool { NamePattern(interface).matches(name) }
}
