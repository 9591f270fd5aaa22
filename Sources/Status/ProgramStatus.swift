// SPDX-License-Identifier: GPL-2.0-or-later

/// The state that both programs have in common.
public struct ProgramStatus: Hashable, Sendable, Codable {
    public var version: String
    /// The file's `description`.
    public var description: String
    /// As the file says it, `host:port`.
    public var listenAddress: String
    /// As the file says it, `host:port`.
    public var destination: String
    /// `wireguard` or `opaque`.
    public var protocolName: String
    /// For people, `io_uring (deferred task run)` for example.
    public var engine: String
    public var uptimeSeconds: Double
    /// The time of reading, in seconds since 1970-01-01 UTC.
    public var unixSeconds: Double
    /// Turns of the data plane's loop, and system calls it made.
    public var turns: UInt64
    public var systemCalls: UInt64
    /// Datagrams not forwarded, by reason; reasons that have not occurred are there with 0.
    public var drops: [NamedCount]

    public init(
        version: String, description: String, listenAddress: String, destination: String, protocolName: String,
        engine: String
    ) {
        self.version = version
        self.description = description
        self.listenAddress = listenAddress
        self.destination = destination
        self.protocolName = protocolName
        self.engine = engine
        uptimeSeconds = 0
        unixSeconds = 0
        turns = 0
        systemCalls = 0
        drops = []
    }
}

/// The client, at one moment.
public struct ClientStatus: Hashable, Sendable, Codable {
    public var program: ProgramStatus
    /// The address that WireGuard last spoke from; empty when it has not yet.
    public var wireGuardAddress: String
    /// Seconds since WireGuard sent something; nil for never.
    public var wireGuardLastReceivedSeconds: Double?
    /// Seconds since the server sent something over any link; nil for never.
    public var serverLastReceivedSeconds: Double?
    /// Different datagrams from the server, and copies of them that were dropped.
    public var uniqueDatagrams: UInt64
    public var duplicateDatagrams: UInt64
    /// Between the client and WireGuard, so without copies.
    public var traffic: Traffic
    /// Every interface of the machine, in the system's order.
    public var links: [LinkStatus]
    /// Names of links that ought to carry, see ``LinkStatus/isExpected``, and are no interfaces of the machine now.
    public var missingLinks: [String]

    public init(program: ProgramStatus) {
        self.program = program
        missingLinks = []
        wireGuardAddress = ""
        uniqueDatagrams = 0
        duplicateDatagrams = 0
        traffic = Traffic()
        links = []
    }
}

/// The server, at one moment.
public struct ServerStatus: Hashable, Sendable, Codable {
    public var program: ProgramStatus
    /// The address of WireGuard, resolved; empty while it is not.
    public var wireGuardAddress: String
    /// Datagrams from all clients, copies included, and to them.
    public var traffic: Traffic
    /// Sessions and paths of which nobody knows whether a client is there: strangers knock, too.
    public var unprovenSessions: Int
    public var unprovenPaths: Int
    /// Those that are proven and a few of the others, each in the order in which they came into being.
    public var sessions: [SessionStatus]

    public init(program: ProgramStatus) {
        self.program = program
        wireGuardAddress = ""
        traffic = Traffic()
        unprovenSessions = 0
        unprovenPaths = 0
        sessions = []
    }
}
