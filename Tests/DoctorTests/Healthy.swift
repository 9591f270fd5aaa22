// SPDX-License-Identifier: GPL-2.0-or-later

import Links
import Settings
import Setup
import Sockets
import Status

@testable import Doctor
@testable import Host

extension Facts {
    /// A van with two links, and everything as it should be.
    static var goodClient: Facts {
        var facts = Facts()
        facts.file = "engarde.yml"
        var configuration = ClientConfiguration(
            listenAddress: HostPort(host: "127.0.0.1", port: 59401),
            destination: HostPort(host: "vpn.example", port: 59501))
        configuration.engine = .automatic
        facts.client = configuration
        var status = ClientStatus(program: program("vpn.example:59501"))
        status.wireGuardLastReceivedSeconds = 1
        status.serverLastReceivedSeconds = 1
        status.links = ["eth0", "wwan0"].map { LinkStatus(name: $0, state: .carrying) }
        facts.clientStatus = status
        facts.capabilities = [.client: [.netAdmin, .netRaw]]
        var device = WireGuardDevice(name: "wg0", publicKey: "own", listenPort: 40_000)
        device.peers = [
            WireGuardDevice.Peer(
                publicKey: "server", endpoint: "127.0.0.1:59401", allowedIPs: ["10.77.0.0/24"],
                lastHandshake: 1_000_000 - 60,
                receivedBytes: 1, sentBytes: 1, keepalive: 25)
        ]
        facts.devices = [device]
        facts.interfaces = [
            Interface(index: 1, name: "lo", isLoopback: true, mtu: 65_536), Interface(index: 2, name: "eth0"),
            Interface(index: 3, name: "wwan0"), Interface(index: 4, name: "wg0", kind: "wireguard", mtu: 1_420),
        ]
        facts.links = [("eth0", "192.0.2"), ("wwan0", "198.51.100")].map { name, network in
            var link = LinkFacts(name, .carries)
            link.source = IPAddress("\(network).10")
            link.gateway = IPAddress("\(network).1")
            return link
        }
        facts.addresses = ["vpn.example": [IPAddress("203.0.113.7")!]]
        facts.settings = [
            "net/core/rmem_max": "212992", "net/core/wmem_max": "212992", "kernel/io_uring_disabled": "0",
        ]
        (facts.now, facts.past) = (1_000_000, 999_000)
        return facts
    }

    /// A server with a client, which masquerades.
    static var goodServer: Facts {
        var facts = Facts()
        facts.file = "engarde.yml"
        facts.server = ServerConfiguration(
            listenAddress: HostPort(host: "", port: 59501), destination: HostPort(host: "127.0.0.1", port: 51820))
        var status = ServerStatus(program: program("127.0.0.1:51820"))
        var session = SessionStatus(id: 1)
        session.isProven = true
        status.sessions = [session]
        facts.serverStatus = status
        facts.capabilities = [.server: [.netAdmin]]
        facts.devices = [WireGuardDevice(name: "wg0", publicKey: "own", listenPort: 51820)]
        facts.interfaces = [
            Interface(index: 1, name: "lo", isLoopback: true),
            Interface(index: 2, name: "wg0", kind: "wireguard", mtu: 1_420),
        ]
        facts.settings = ["net/ipv4/ip_forward": "1"]
        facts.rules = try! Rules(json: rules(""))
        facts.forwarded = Forwarded(networks: [AddressPrefix("10.77.0.0/24")!], tunnel: "wg0")
        facts.services = ["engarde-network.service": true]
        (facts.now, facts.past) = (1_000_000, 999_000)
        return facts
    }

    private static func program(_ destination: String) -> ProgramStatus {
        var program = ProgramStatus(
            version: "1", description: "", listenAddress: "", destination: destination, protocolName: "wireguard",
            engine: "io_uring (deferred task run)")
        program.uptimeSeconds = 100
        return program
    }

    /// As nft prints a ruleset that masquerades, and `more`.
    static func rules(_ more: String) -> String {
        #"""
        {"nftables": [{"metainfo": {"version": "1.0.6"}}, {"table": {"family": "inet", "name": "engarde"}},
        {"chain": {"family": "inet", "table": "engarde", "name": "postrouting", "handle": 1, "type": "nat", "hook": "postrouting", "prio": 100, "policy": "accept"}},
        {"rule": {"family": "inet", "table": "engarde", "chain": "postrouting", "handle": 3, "expr": [{"match": {"op": "==", "left": {"payload": {"protocol": "ip", "field": "saddr"}}, "right": {"prefix": {"addr": "10.77.0.0", "len": 24}}}}, {"masquerade": null}]}}
        """# + more + "]}"
    }

    /// A chain of another's that drops what its rules do not accept.
    static func dropping(_ hook: String, table: String = "filter", name: String, _ rules: String = "") -> String {
        RulesText.chain(name, in: table, hook: hook, policy: "drop") + rules
    }

    static func accepting(_ key: String, _ value: String, in chain: String) -> String {
        let left =
            key == "iifname" ? #"{"meta": {"key": "iifname"}}"# : #"{"payload": {"protocol": "udp", "field": "dport"}}"#
        return RulesText.rule(
            #"{"match": {"op": "==", "left": \#(left), "right": \#(value)}}"#,
            #"{"counter": {"packets": 0, "bytes": 0}}"#, #"{"accept": null}"#, in: chain)
    }
}
