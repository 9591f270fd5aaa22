// SPDX-License-Identifier: GPL-2.0-or-later

/// A WireGuard interface as `wg show all dump` prints it, without its secrets.
public struct WireGuardDevice: Hashable, Sendable {
    public struct Peer: Hashable, Sendable {
        public var publicKey: String
        /// `address:port`; nil for none.
        public var endpoint: String?
        public var allowedIPs: [String]
        /// Seconds since 1970; nil for never.
        public var lastHandshake: Int?
        public var receivedBytes: UInt64
        public var sentBytes: UInt64
        /// Seconds; nil when keepalive is off.
        public var keepalive: Int?
    }

    public var name: String
    public var publicKey: String
    /// 0 while the interface is down.
    public var listenPort: UInt16
    public var peers: [Peer] = []

    /// Reads the interfaces of this machine.
    ///
    /// - Throws: when `wg` is missing or refuses.
    public static func all(_ host: Host) async throws(HostFailure) -> [WireGuardDevice] {
        let outcome = await host.run("wg", "show", "all", "dump")
        guard outcome.succeeded else { throw HostFailure("wg show: \(outcome.complaint)") }
        return parse(outcome.output)
    }

    /// Reads the output of `wg show all dump`: a line of 5 fields an interface, and a line of 9 a peer.
    public static func parse(_ text: String) -> [WireGuardDevice] {
        var devices: [WireGuardDevice] = []
        for line in text.split(separator: "\n") {
            let fields = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
            switch fields.count {
            case 5:
                devices.append(
                    WireGuardDevice(name: fields[0], publicKey: fields[2], listenPort: UInt16(fields[3]) ?? 0))
            case 9 where devices.last?.name == fields[0]:
                devices[devices.count - 1].peers.append(Peer(fields))
            default: continue
            }
        }
        return devices
    }
}

extension WireGuardDevice.Peer {
    fileprivate init(_ fields: [String]) {
        publicKey = fields[1]
        endpoint = fields[3] == "(none)" ? nil : fields[3]
        allowedIPs = fields[4] == "(none)" ? [] : fields[4].split(separator: ",").map(String.init)
        lastHandshake = Int(fields[5]).flatMap { $0 == 0 ? nil : $0 }
        receivedBytes = UInt64(fields[6]) ?? 0
        sentBytes = UInt64(fields[7]) ?? 0
        keepalive = Int(fields[8])
    }
}
