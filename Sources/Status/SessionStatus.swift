// SPDX-License-Identifier: GPL-2.0-or-later

/// One client address that the server knows.
public struct PathStatus: Hashable, Sendable, Codable {
    /// `address:port`; IPv6 in brackets.
    public var address: String
    /// Names the path in time series: its address without the port, and `#2` and so on where the session has more
    /// paths with that address. Another path that takes this one's place, as when a NAT gives it another port, has the
    /// same name. Empty while the path is not proven, and once another one has its name.
    public var name: String
    /// One of those that are in the fan-out.
    public var state: CarryingState
    /// The reason for that state, in words; may be empty.
    public var reason: String
    /// Seconds it has been in that state.
    public var stateSeconds: Double
    /// True once it has shown that a real client is there; until then it is sent no more bytes than it has sent.
    public var isProven: Bool
    /// Seconds since the path came into being.
    public var ageSeconds: Double
    /// Seconds since something came from there.
    public var lastReceivedSeconds: Double
    public var traffic: Traffic
    public var quality: QualityWindows

    public init(address: String, state: CarryingState) {
        self.address = address
        self.state = state
        name = ""
        reason = ""
        stateSeconds = 0
        isProven = false
        ageSeconds = 0
        lastReceivedSeconds = 0
        traffic = Traffic()
        quality = QualityWindows()
    }
}

/// One WireGuard client of the server.
public struct SessionStatus: Hashable, Sendable, Codable {
    /// Never given twice while the program runs. 0 stands for everybody with `protocol: opaque`.
    public var id: UInt64
    /// Names the session in time series: again the same when its client comes back from one of its addresses. 0
    /// while the session is not proven.
    public var number: Int
    /// True once WireGuard has answered it.
    public var isProven: Bool
    /// Seconds since the session came into being.
    public var ageSeconds: Double
    /// Seconds since something came from the client.
    public var lastReceivedSeconds: Double
    /// The local port toward WireGuard, by which `wg show` names this client's endpoint; 0 for none.
    public var upstreamPort: UInt16
    /// Different datagrams from the client, and copies of them that were dropped.
    public var uniqueDatagrams: UInt64
    public var duplicateDatagrams: UInt64
    /// Between this session and WireGuard, so without copies.
    public var traffic: Traffic
    public var paths: [PathStatus]

    public init(id: UInt64) {
        self.id = id
        number = 0
        isProven = false
        ageSeconds = 0
        lastReceivedSeconds = 0
        upstreamPort = 0
        uniqueDatagrams = 0
        duplicateDatagrams = 0
        traffic = Traffic()
        paths = []
    }
}
