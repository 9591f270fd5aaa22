// SPDX-License-Identifier: GPL-2.0-or-later

internal import Host
internal import Links
internal import Settings
internal import Sockets

/// The packets whose way through the rules is looked at. A chain of a family that none of them has gets none.
extension Facts {
    /// Returns a client's first datagram to the server, once for each interface that it may come in by.
    func datagramsOfClients(_ family: String, _ server: ServerConfiguration) -> [Packet] {
        let given = IPAddress(server.listenAddress.host).flatMap { $0.isUnspecified ? nil : $0 }
        guard let isV6 = isV6(family, given) else { return [] }
        var packet = Packet()
        packet.isV6 = isV6
        packet.udpPort = server.listenAddress.port
        packet.isLocal = true
        let own = given.map { [$0] } ?? outer.flatMap(\.addresses).filter(\.isUsable).map(\.ip)
        if !own.isEmpty { packet.destination = .within(own.map(AddressPrefix.init(alone:))) }
        let inputs = outer.map { Packet.Interface.named($0.name) }
        return (inputs.isEmpty ? [.other(than: inner)] : inputs).map { input in
            var packet = packet
            packet.input = input
            return packet
        }
    }

    /// Returns what comes by the tunnel and is passed on to others.
    func forwardedPacket(_ family: String, _ forwarded: Forwarded) -> Packet? {
        let hasV4 = forwarded.networks.contains { $0.base.family == .v4 }
        guard let isV6 = isV6(family, hasV4 ? nil : forwarded.networks.first?.base) else { return nil }
        let networks = forwarded.networks.filter { ($0.base.family == .v6) == isV6 }
        // Clients without addresses of the family send nothing of it.
        guard forwarded.networks.isEmpty || !networks.isEmpty else { return nil }
        var packet = Packet()
        packet.isV6 = isV6
        packet.input = .named(forwarded.tunnel)
        packet.output = .other(than: inner.union([forwarded.tunnel]))
        if !isV6, let uplink, uplink != forwarded.tunnel { packet.output = .named(uplink) }
        if !networks.isEmpty { packet.source = .within(networks) }
        return packet
    }

    /// Returns whether the packets that chains of a family see are looked at as IPv6; nil when they are not looked at.
    private func isV6(_ family: String, _ address: IPAddress?) -> Bool? {
        switch family {
        case "inet": address?.family == .v6
        case "ip": address?.family == .v6 ? nil : false
        case "ip6": address?.family != .v4 && reachesV6 ? true : nil
        default: nil
        }
    }

    private var reachesV6: Bool {
        outer.contains { $0.addresses.contains { $0.ip.family == .v6 && $0.isUsable } }
    }

    /// Interfaces by which others reach this machine.
    private var outer: [Interface] {
        interfaces.filter { !inner.contains($0.name) && $0.addresses.contains { $0.isUsable } }
    }

    /// The names of those by which none do.
    private var inner: Set<String> {
        Set(["lo"] + interfaces.filter(\.isLoopback).map(\.name) + tunnels.map(\.name))
    }
}

extension AddressPrefix {
    fileprivate init(alone address: IPAddress) {
        self.init(address, bits: address.family == .v4 ? 32 : 128)!
    }
}
