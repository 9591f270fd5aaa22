// SPDX-License-Identifier: GPL-2.0-or-later

public import Host
public import Links
public import Settings
public import Setup
public import Sockets
public import Status

/// Everything the checks look at, read once.
public struct Facts: Sendable {
    /// The configuration file's name.
    public var file = ""
    /// The reason for which the file is not read.
    public var refusal: String?
    /// The warnings of the file's reader.
    public var warnings: [String] = []
    public var client: ClientConfiguration?
    public var server: ServerConfiguration?

    public var clientStatus: ClientStatus?
    public var serverStatus: ServerStatus?
    /// The reasons for which programs that should run say nothing.
    public var silence: [Role: String] = [:]
    /// Units of systemd that there are, and whether they run.
    public var services: [String: Bool] = [:]
    /// Effective capabilities of the running programs.
    public var capabilities: [Role: Set<Capability>] = [:]

    /// nil when WireGuard could not be asked, for the reason in ``wireGuardProblem``.
    public var devices: [WireGuardDevice]?
    public var wireGuardProblem = ""
    public var interfaces: [Interface] = []
    /// The interfaces that are no excluded ones, with what the client makes of them.
    public var links: [LinkFacts] = []
    /// Addresses of the names in the file.
    public var addresses: [String: [IPAddress]] = [:]

    /// Below `/proc/sys`, by path.
    public var settings: [String: String] = [:]
    /// nil when the rules could not be read.
    public var rules: Rules?
    /// The interface by which this machine reaches the Internet; nil when it is not known.
    public var uplink: String?
    /// Networks whose clients shall reach others through this machine, and the tunnel they come by.
    public var forwarded: Forwarded?

    /// Seconds since 1970: now, and the latest time that is surely past.
    public var now = 0.0
    public var past = 0.0
    /// False when this machine's time is not set from elsewhere; nil when nobody knows.
    public var isClockSynchronized: Bool?

    public init() {}

    public struct Forwarded: Hashable, Sendable {
        public var networks: [AddressPrefix]
        public var tunnel: String
    }

    /// The links over which datagrams go.
    var carrying: [LinkFacts] { links.filter { $0.verdict == .carries } }

    /// Names by which others can find this tunnel's ends.
    public var publicNames: [String] { addresses.keys.filter { $0 != "localhost" }.sorted() }

    /// The WireGuard interfaces that hand their datagrams to the client, or take the server's.
    var tunnels: [WireGuardDevice] {
        (devices ?? []).filter { device in
            device.peers.contains { isOurs($0.endpoint) }
                || server.map { device.listenPort == $0.destination.port } == true
        }
    }

    /// The peers that hand their datagrams to the client, each with its interface.
    var ownPeers: [(device: WireGuardDevice, peer: WireGuardDevice.Peer)] {
        (devices ?? []).flatMap { device in
            device.peers.filter { isOurs($0.endpoint) }.map { (device, $0) }
        }
    }

    /// True when the interface that setup has made is not there, and no other one takes its place.
    var isTunnelDown: Bool {
        !roles.isEmpty && services[Places.tunnelService] != nil && tunnels.isEmpty
            && !interfaces.contains { $0.name == Places.tunnel }
    }

    /// An endpoint is the client's when it is where the client listens.
    func isOurs(_ endpoint: String?) -> Bool {
        guard let client, let endpoint, let colon = endpoint.lastIndex(of: ":") else { return false }
        guard UInt16(endpoint[endpoint.index(after: colon)...]) == client.listenAddress.port else { return false }
        let host = endpoint[..<colon].filter { $0 != "[" && $0 != "]" }
        guard let address = IPAddress(host) else { return false }
        let listen = client.listenAddress.host
        if listen.isEmpty || IPAddress(listen)?.isUnspecified == true {
            return isLocal(address)
        }
        return (IPAddress(listen).map { [$0] } ?? addresses[listen] ?? []).contains(address)
    }

    /// Returns whether an address is one of this machine's.
    func isLocal(_ address: IPAddress) -> Bool {
        address.isLoopback || interfaces.contains { $0.addresses.contains { $0.ip == address } }
    }
}

/// An interface as the client judges it.
public struct LinkFacts: Hashable, Sendable {
    public enum Verdict: Hashable, Sendable {
        case carries
        /// It has an address, and the routing tables know no way over it.
        case noRoute(to: String)
        case idle
    }

    public var name: String
    public var verdict: Verdict
    public var source: IPAddress?
    public var gateway: IPAddress?
    /// A router that could be the gateway of a link without a route.
    public var candidate: IPAddress?
    /// True when the kernel drops the server's answers.
    public var isFilteredStrictly = false

    public init(_ name: String, _ verdict: Verdict) {
        self.name = name
        self.verdict = verdict
    }
}
