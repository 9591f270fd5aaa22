// SPDX-License-Identifier: GPL-2.0-or-later

internal import Host
internal import Links
internal import Settings
internal import Setup
internal import Sockets

/// WireGuard speaks to the client, and the server to WireGuard.
///
/// A repair is offered for the interface that setup has made: another one may be another VPN's.
enum WireGuardEndpointCheck: Check {
    static let name = "wireguard-endpoint"

    static func findings(_ facts: Facts) -> [Finding] {
        // Of a tunnel that is down another check tells.
        guard !facts.roles.isEmpty, !facts.isTunnelDown else { return [] }
        guard let devices = facts.devices else {
            return [Finding(name, .warn, "WireGuard cannot be asked: \(facts.wireGuardProblem)")]
        }
        return (facts.client.map { client($0, devices, facts) } ?? [])
            + (facts.server.map { server($0, devices, facts) } ?? [])
    }

    private static func client(_ client: ClientConfiguration, _ devices: [WireGuardDevice], _ facts: Facts) -> [Finding]
    {
        if let device = facts.ownPeers.first?.device {
            return ok("\(device.name) sends to \(client.listenAddress)")
        }
        // Who may speak from elsewhere has its WireGuard elsewhere.
        guard client.allowedSources.isEmpty else { return [] }
        let address =
            client.listenAddress.host.isEmpty ? "127.0.0.1:\(client.listenAddress.port)" : "\(client.listenAddress)"
        guard !devices.isEmpty else {
            return [
                Finding(
                    name, .fail, "there is no WireGuard interface here",
                    Repair([], "wg-quick up NAME, with Endpoint = \(address) in its file"))
            ]
        }
        let own = devices.first { $0.name == Places.tunnel && $0.peers.count == 1 }
        let commands =
            own.map { [Command("wg", "set", $0.name, "peer", $0.peers[0].publicKey, "endpoint", address)] } ?? []
        let now = devices.flatMap { device in device.peers.map { "\(device.name) \($0.endpoint ?? "(none)")" } }
        return [
            Finding(
                name, .fail, "no WireGuard peer has the Endpoint \(address); there is \(now.joined(separator: ", "))",
                Repair(commands, "for good Endpoint = \(address) in /etc/wireguard/\(own?.name ?? "NAME").conf"))
        ]
    }

    private static func server(_ server: ServerConfiguration, _ devices: [WireGuardDevice], _ facts: Facts) -> [Finding]
    {
        let addresses =
            IPAddress(server.destination.host).map { [$0] } ?? facts.addresses[server.destination.host] ?? []
        guard addresses.contains(where: facts.isLocal) else { return [] }
        if let device = devices.first(where: { $0.listenPort == server.destination.port }) {
            return ok("\(device.name) listens at \(server.destination)")
        }
        let port = server.destination.port
        let own = devices.first { $0.name == Places.tunnel }
        let commands = own.map { [Command("wg", "set", $0.name, "listen-port", "\(port)")] } ?? []
        let now = devices.map { "\($0.name) at \($0.listenPort)" }
        return [
            Finding(
                name, .fail,
                "no WireGuard listens at \(server.destination); there is \(now.isEmpty ? "none" : now.joined(separator: ", "))",
                Repair(commands, "for good ListenPort = \(port) in /etc/wireguard/\(own?.name ?? "NAME").conf"))
        ]
    }
}
