// SPDX-License-Identifier: GPL-2.0-or-later

internal import Host
internal import Links
internal import Settings
internal import Sockets
internal import Status

/// WireGuard speaks to the client, and the server to WireGuard.
enum WireGuardEndpointCheck: Check {
    static let name = "wireguard-endpoint"

    static func findings(_ facts: Facts) -> [Finding] {
        guard !facts.sides.isEmpty else { return [] }
        guard let devices = facts.devices else {
            return [Finding(name, .warn, "WireGuard cannot be asked: \(facts.wireGuardProblem)")]
        }
        return (facts.client.map { client($0, devices, facts) } ?? []) + (facts.server.map { server($0, devices, facts) } ?? [])
    }

    private static func client(_ client: ClientConfiguration, _ devices: [WireGuardDevice], _ facts: Facts) -> [Finding] {
        if let device = devices.first(where: { $0.peers.contains { facts.isOurs($0.endpoint) } }) {
            return ok("\(device.name) sends to \(client.listenAddress)")
        }
        // Who may speak from elsewhere has its WireGuard elsewhere.
        guard client.allowedSources.isEmpty else { return [] }
        let address = client.listenAddress.host.isEmpty ? "127.0.0.1:\(client.listenAddress.port)" : "\(client.listenAddress)"
        guard !devices.isEmpty else {
            return [
                Finding(
                    name, .fail, "there is no WireGuard interface here",
                    Repair([], "wg-quick up NAME, with Endpoint = \(address) in its file"))
            ]
        }
        let only = devices.count == 1 && devices[0].peers.count == 1 ? devices[0] : nil
        let commands = only.map { [Command("wg", "set", $0.name, "peer", $0.peers[0].publicKey, "endpoint", address)] } ?? []
        let now = devices.flatMap { device in device.peers.map { "\(device.name) \($0.endpoint ?? "(none)")" } }
        return [
            Finding(
                name, .fail, "no WireGuard peer has the Endpoint \(address); there is \(now.joined(separator: ", "))",
                Repair(commands, "for good Endpoint = \(address) in /etc/wireguard/\(only?.name ?? "NAME").conf"))
        ]
    }

    private static func server(_ server: ServerConfiguration, _ devices: [WireGuardDevice], _ facts: Facts) -> [Finding] {
        let addresses = IPAddress(server.destination.host).map { [$0] } ?? facts.addresses[server.destination.host] ?? []
        let isHere = addresses.contains { address in
            address.isLoopback || facts.interfaces.contains { $0.addresses.contains { $0.ip == address } }
        }
        guard isHere else { return [] }
        if let device = devices.first(where: { $0.listenPort == server.destination.port }) {
            return ok("\(device.name) listens at \(server.destination)")
        }
        let port = server.destination.port
        let commands = devices.count == 1 ? [Command("wg", "set", devices[0].name, "listen-port", "\(port)")] : []
        let now = devices.map { "\($0.name) at \($0.listenPort)" }
        return [
            Finding(
                name, .fail, "no WireGuard listens at \(server.destination); there is \(now.isEmpty ? "none" : now.joined(separator: ", "))",
                Repair(commands, "for good ListenPort = \(port) in its file"))
        ]
    }
}

/// Packets in the tunnel fit the links.
enum WireGuardMTUCheck: Check {
    static let name = "wireguard-mtu"

    static func findings(_ facts: Facts) -> [Finding] {
        let names = Set(facts.tunnels.map(\.name))
        let tunnels = facts.interfaces.filter { names.contains($0.name) }
        let links = facts.links.filter { $0.verdict == .carries && !names.contains($0.name) }.compactMap { link in
            facts.interfaces.first { $0.name == link.name }.map { ("link \(link.name)", $0.mtu, link.source?.family ?? .v4) }
        }
        guard let limit = facts.client == nil ? TunnelMTU.ofThePublicInternet : TunnelMTU(links: links), !tunnels.isEmpty else {
            return []
        }
        let tooLarge = tunnels.filter { $0.mtu > limit.largestPacket }
        guard !tooLarge.isEmpty else { return ok("\(tunnels.map { "\($0.name) has \($0.mtu)" }.joined(separator: ", "))") }
        return tooLarge.map { tunnel in
            Finding(
                name, .warn,
                "\(tunnel.name) has an MTU of \(tunnel.mtu), and \(limit.linkName) carries \(limit.largestPacket) bytes of it in one piece",
                Repair(
                    [Command("ip", "link", "set", "mtu", "\(limit.advised)", "dev", tunnel.name)],
                    "for good MTU = \(limit.advised) in /etc/wireguard/\(tunnel.name).conf"))
        }
    }
}

/// Something is always under way, so that a link which has died is noticed.
enum KeepaliveCheck: Check {
    static let name = "keepalive"

    static func findings(_ facts: Facts) -> [Finding] {
        guard facts.client != nil else { return [] }
        let pairs = facts.tunnels.flatMap { device in device.peers.filter { facts.isOurs($0.endpoint) }.map { (device, $0) } }
        let silent = pairs.filter { $0.1.keepalive == nil }
        guard !silent.isEmpty else {
            return pairs.isEmpty ? [] : ok("every \(pairs.compactMap(\.1.keepalive).max()!) s")
        }
        return silent.map { device, peer in
            Finding(
                name, .warn, "\(device.name) is silent when there is nothing to send: the server forgets the links",
                Repair(
                    [Command("wg", "set", device.name, "peer", peer.publicKey, "persistent-keepalive", "25")],
                    "for good PersistentKeepalive = 25 in /etc/wireguard/\(device.name).conf"))
        }
    }
}

/// WireGuard's handshakes are taken.
enum HandshakeCheck: Check {
    static let name = "handshake-refused"
    /// WireGuard gives a session up after 180 s, and renews one in use after 120 s.
    private static let ageMax = 180.0

    static func findings(_ facts: Facts) -> [Finding] { client(facts) + server(facts) }

    /// Something comes from the server, and still there is no session.
    private static func client(_ facts: Facts) -> [Finding] {
        guard let silence = facts.clientStatus?.serverLastReceivedSeconds, silence < 60 else { return [] }
        let peers = facts.tunnels.flatMap(\.peers).filter { facts.isOurs($0.endpoint) }
        guard !peers.isEmpty else { return [] }
        let ages = peers.compactMap(\.lastHandshake).map { facts.now - Double($0) }
        guard let age = ages.min(), age <= ageMax else {
            return [
                Finding(
                    name, .fail, "the server's machine answers, and WireGuard has had no handshake for \(Int(ageMax)) s",
                    Repair([], "compare the keys at both ends: wg show"))
            ]
        }
        return ok("the last handshake was \(Int(max(0, age))) s ago")
    }

    /// Strangers knock, and nobody is let in.
    private static func server(_ facts: Facts) -> [Finding] {
        guard let status = facts.serverStatus, facts.server?.trafficProtocol == .wireguard else { return [] }
        let proven = status.sessions.filter(\.isProven)
        guard proven.isEmpty, status.unprovenSessions > 0 else { return proven.isEmpty ? [] : ok("clients have sessions") }
        return [
            Finding(
                name, .fail, "handshakes arrive, and WireGuard answers none of them",
                Repair([], "compare the keys at both ends: wg show; on the client the server's public key, here the client's"))
        ]
    }
}
