// SPDX-License-Identifier: GPL-2.0-or-later

import Links
import Settings
import Setup
import Sockets
import Status
import Testing

@testable import Doctor
@testable import Host

/// Facts with one thing wrong, and the name of it alone.
@Suite struct CheckTests {
    /// Returns the findings that are not all right.
    private func wrong(_ facts: Facts, _ change: (inout Facts) -> Void = { _ in }) -> [Finding] {
        var facts = facts
        change(&facts)
        return Doctor.findings(facts).filter { $0.grade != .ok }
    }

    private func names(_ facts: Facts, _ change: (inout Facts) -> Void) -> [String] { wrong(facts, change).map(\.name) }

    private func repair(_ facts: Facts, _ change: (inout Facts) -> Void) -> [String] {
        wrong(facts, change).first?.repair?.commands.map(\.description) ?? []
    }

    @Test func allIsWell() {
        #expect(wrong(.goodClient).isEmpty, "\(wrong(.goodClient))")
        #expect(wrong(.goodServer).isEmpty, "\(wrong(.goodServer))")
        let seen = Set((Doctor.findings(.goodClient) + Doctor.findings(.goodServer)).map(\.name))
        // The others apply where something is wrong.
        #expect(Set(Doctor.names).subtracting(seen) == [])
    }

    @Test func file() {
        let refused = Facts()
        #expect(
            names(refused) {
                $0.file = "engarde.yml"
                $0.refusal = "engarde.yml:1:1: found nothing, wanted something"
            } == ["file"])
        #expect(names(.goodClient) { $0.warnings = ["engarde.yml:2:1: warning: an unknown key"] } == ["file"])
    }

    @Test func service() {
        func stopped(_ facts: inout Facts) {
            facts.clientStatus = nil
            facts.capabilities = [:]
            facts.silence = [.client: "no program listens at /run/engarde/client.sock: is engarde running?"]
        }
        #expect(names(.goodClient, stopped) == ["service"])
        #expect(
            repair(.goodClient) {
                stopped(&$0)
                $0.services = ["engarde-client.service": false]
            } == ["systemctl restart engarde-client.service"])
    }

    @Test func capability() {
        #expect(names(.goodClient) { $0.capabilities = [.client: [.netAdmin]] } == ["capability"])
    }

    @Test func buffers() {
        func weak(_ facts: inout Facts) { facts.capabilities = [.server: []] }
        #expect(names(.goodServer, weak) == ["capability"])
        #expect(
            names(.goodServer) {
                weak(&$0)
                $0.settings["net/core/rmem_max"] = "212992"
            } == ["capability", "buffers"])
        #expect(
            wrong(.goodServer) {
                weak(&$0)
                $0.settings["net/core/rmem_max"] = "212992"
            }[1].repair?.commands.map(\.description) == ["sysctl -w net.core.rmem_max=4194304"])
    }

    @Test func engine() {
        #expect(names(.goodClient) { $0.clientStatus?.program.engine = "polling (epoll)" } == ["engine"])
        #expect(
            repair(.goodClient) {
                $0.clientStatus?.program.engine = "polling (epoll)"
                $0.settings["kernel/io_uring_disabled"] = "2"
            } == ["sysctl -w kernel.io_uring_disabled=0"])
        #expect(
            names(.goodClient) {
                $0.clientStatus?.program.engine = "polling (epoll)"
                $0.client?.engine = .polling
            } == [])
    }

    @Test func wireguardEndpoint() {
        #expect(names(.goodClient) { $0.devices?[0].peers[0].endpoint = "203.0.113.7:51820" } == ["wireguard-endpoint"])
        #expect(
            repair(.goodClient) {
                $0.devices?[0].name = Places.tunnel
                $0.devices?[0].peers[0].endpoint = nil
            } == ["wg set engarde0 peer server endpoint 127.0.0.1:59401"])
        #expect(names(.goodClient) { $0.devices = [] } == ["wireguard-endpoint"])
        #expect(names(.goodServer) { $0.devices?[0].listenPort = 40_000 } == ["wireguard-endpoint"])
        #expect(
            repair(.goodServer) {
                $0.devices?[0].name = Places.tunnel
                $0.devices?[0].listenPort = 40_000
            } == ["wg set engarde0 listen-port 51820"])
        #expect(
            names(.goodServer) { $0.server?.destination.host = "192.0.2.77" } == [],
            "another machine's is not looked at")
        #expect(
            names(.goodClient) {
                $0.client?.allowedSources = [.allV4]
                $0.devices = []
            } == [])
    }

    /// An interface of another name may be another VPN's: only a person knows.
    @Test func onlyTheTunnelIsSet() {
        let client = wrong(.goodClient) { $0.devices?[0].peers[0].endpoint = "203.0.113.7:51820" }
        #expect(client.map(\.name) == ["wireguard-endpoint"])
        #expect(client[0].repair?.commands == [] && client[0].repair?.advice.isEmpty == false)
        let server = wrong(.goodServer) { $0.devices?[0].listenPort = 40_000 }
        #expect(server.map(\.name) == ["wireguard-endpoint"])
        #expect(server[0].repair?.commands == [] && server[0].repair?.advice.isEmpty == false)
    }

    /// The tunnel is set where it stands among others.
    @Test func theTunnelIsSetAmongOthers() {
        #expect(
            repair(.goodClient) {
                $0.devices?[0].peers[0].endpoint = "203.0.113.7:51820"
                var own = $0.devices![0]
                own.name = Places.tunnel
                $0.devices?.append(own)
            } == ["wg set engarde0 peer server endpoint 127.0.0.1:59401"])
        #expect(
            repair(.goodServer) {
                $0.devices?[0].listenPort = 40_000
                $0.devices?.append(WireGuardDevice(name: Places.tunnel, publicKey: "own", listenPort: 40_001))
            } == ["wg set engarde0 listen-port 51820"])
        #expect(
            repair(.goodClient) {
                $0.devices?[0].name = Places.tunnel
                $0.devices?[0].peers[0].endpoint = "203.0.113.7:51820"
                let peer = $0.devices![0].peers[0]
                $0.devices?[0].peers.append(peer)
            } == [], "one of several peers")
    }

    /// The tunnel's interface is down while another VPN's is up: the unit is started, and the other is let alone.
    @Test func theTunnelIsDown() {
        func isDown(_ facts: inout Facts) {
            facts.devices?[0].listenPort = 40_000
            if facts.client != nil { facts.devices?[0].peers[0].endpoint = "203.0.113.7:51820" }
            facts.services[Places.tunnelService] = false
        }
        for facts in [Facts.goodClient, .goodServer] {
            #expect(names(facts, isDown) == ["service"])
            #expect(repair(facts, isDown) == ["systemctl start wg-quick@engarde0.service"])
            #expect(
                repair(facts) {
                    isDown(&$0)
                    $0.services[Places.tunnelService] = true
                } == ["systemctl restart wg-quick@engarde0.service"], "its interface was deleted")
            #expect(
                names(facts) {
                    isDown(&$0)
                    $0.interfaces.append(Interface(index: 9, name: Places.tunnel, kind: "wireguard"))
                } == ["wireguard-endpoint"], "somebody brought it up without its unit, which cannot be started then")
            #expect(names(facts) { $0.services[Places.tunnelService] = false } == [], "the tunnel has another name")
        }
    }

    /// Nobody but root may ask WireGuard, which is no fault of the tunnel.
    @Test func whatCannotBeSeenIsNoFault() {
        let findings = wrong(.goodClient) {
            $0.devices = nil
            $0.wireGuardProblem = "wg show: Operation not permitted"
        }
        #expect(findings.map(\.grade) == [.warn] && findings[0].name == "wireguard-endpoint")
    }

    @Test func wireguardMTU() {
        #expect(names(.goodClient) { $0.interfaces[3].mtu = 65_456 } == ["wireguard-mtu"])
        #expect(repair(.goodClient) { $0.interfaces[3].mtu = 65_456 } == ["ip link set mtu 1420 dev wg0"])
        #expect(repair(.goodClient) { $0.interfaces[2].mtu = 1_400 } == ["ip link set mtu 1340 dev wg0"])
        #expect(names(.goodServer) { $0.interfaces[1].mtu = 9_000 } == ["wireguard-mtu"])
    }

    @Test func keepalive() {
        #expect(names(.goodClient) { $0.devices?[0].peers[0].keepalive = nil } == ["keepalive"])
        #expect(
            repair(.goodClient) { $0.devices?[0].peers[0].keepalive = nil } == [
                "wg set wg0 peer server persistent-keepalive 25"
            ])
    }

    @Test func clock() {
        #expect(names(.goodClient) { $0.past = $0.now + 86_400 * 100 } == ["clock"])
        #expect(names(.goodClient) { $0.isClockSynchronized = false } == ["clock"])
    }

    @Test func name() {
        #expect(names(.goodClient) { $0.addresses["vpn.example"] = [] } == ["name"])
    }

    @Test func noGateway() {
        func lost(_ facts: inout Facts) {
            facts.links.append(LinkFacts("eth1", .noRoute(to: "vpn.example")))
        }
        #expect(names(.goodClient, lost) == ["no-gateway eth1"])
        #expect(repair(.goodClient, lost) == [])
        #expect(
            repair(.goodClient) {
                lost(&$0)
                $0.links[2].candidate = IPAddress("192.0.2.1")
            } == ["ip -4 route add default via 192.0.2.1 dev eth1 metric 4000"])
    }

    @Test func reversePath() {
        #expect(names(.goodClient) { $0.links[1].isFilteredStrictly = true } == ["reverse-path wwan0"])
        #expect(
            repair(.goodClient) { $0.links[1].isFilteredStrictly = true } == [
                "sysctl -w net.ipv4.conf.wwan0.rp_filter=2"
            ])
        #expect(
            names(.goodClient) {
                $0.links[1].isFilteredStrictly = true
                $0.clientStatus?.links[1].state = .silent
            } == ["reverse-path wwan0"], "what follows from it is not told as well")
        #expect(
            repair(.goodClient) {
                $0.links[1].isFilteredStrictly = true
                $0.links[1].name = "eth0.7"
            } == ["sysctl -w net/ipv4/conf/eth0.7/rp_filter=2"])
    }

    @Test func loopsIntoTunnel() {
        #expect(names(.goodClient) { $0.links[1].name = "wg0" } == ["loops-into-tunnel wg0"])
    }

    @Test func sameWay() {
        #expect(names(.goodClient) { $0.links[1].gateway = $0.links[0].gateway } == ["same-way eth0 wwan0"])
        #expect(names(.goodClient) { for index in 0...1 { $0.links[index].gateway = nil } } == [])
    }

    @Test func lastLink() {
        #expect(names(.goodClient) { $0.clientStatus?.links[1].state = .idle } == ["last-link"])
        let none = wrong(.goodClient) { for index in 0...1 { $0.clientStatus?.links[index].state = .idle } }
        #expect(none.map(\.name) == ["last-link"] && none[0].grade == .fail)
    }

    @Test func serverUnreachable() {
        #expect(names(.goodClient) { $0.clientStatus?.serverLastReceivedSeconds = nil } == ["server-unreachable"])
        #expect(names(.goodClient) { $0.clientStatus?.serverLastReceivedSeconds = 200 } == ["server-unreachable"])
        #expect(
            names(.goodClient) {
                $0.clientStatus?.serverLastReceivedSeconds = nil
                for index in 0...1 { $0.clientStatus?.links[index].state = .silent }
            } == ["server-unreachable"], "not one line a link as well")
        #expect(
            names(.goodClient) {
                $0.clientStatus?.serverLastReceivedSeconds = nil
                $0.clientStatus?.program.uptimeSeconds = 3
            } == [], "it has only begun")
    }

    @Test func serverSilent() {
        #expect(names(.goodClient) { $0.clientStatus?.links[1].state = .silent } == ["server-silent wwan0"])
        #expect(names(.goodClient) { $0.clientStatus?.links[1].state = .blocked } == ["server-silent wwan0"])
    }

    @Test func handshakeRefused() {
        #expect(names(.goodClient) { $0.devices?[0].peers[0].lastHandshake = nil } == ["handshake-refused"])
        #expect(names(.goodClient) { $0.devices?[0].peers[0].lastHandshake = 1_000_000 - 400 } == ["handshake-refused"])
        #expect(
            names(.goodServer) {
                $0.serverStatus?.sessions = []
                $0.serverStatus?.unprovenSessions = 1
            } == ["handshake-refused"])
        #expect(names(.goodServer) { $0.serverStatus?.sessions = [] } == [], "nobody has come yet")
    }

    @Test func inputDropped() throws {
        let closed = try Rules(json: Facts.rules(Facts.dropping("input", name: "INPUT")))
        #expect(names(.goodServer) { $0.rules = closed } == ["input-dropped-by filter/INPUT"])
        #expect(repair(.goodServer) { $0.rules = closed } == ["iptables -I INPUT -p udp --dport 59501 -j ACCEPT"])
        for port in ["59501", #"{"set": [22, 59501]}"#, #"{"range": [59500, 59510]}"#] {
            let open = try Rules(
                json: Facts.rules(Facts.dropping("input", name: "INPUT", Facts.accepting("dport", port, in: "INPUT"))))
            #expect(names(.goodServer) { $0.rules = open } == [], "\(port)")
        }
    }

    @Test func forwarding() {
        #expect(names(.goodServer) { $0.settings["net/ipv4/ip_forward"] = "0" } == ["forwarding"])
        #expect(
            names(.goodServer) {
                $0.settings["net/ipv4/ip_forward"] = "0"
                $0.forwarded = nil
            } == [], "nobody wants it")
    }

    @Test func masquerade() throws {
        let none = try Rules(json: #"{"nftables": []}"#)
        #expect(names(.goodServer) { $0.rules = none } == ["masquerade"])
        #expect(repair(.goodServer) { $0.rules = none } == ["systemctl restart engarde-network.service"])
    }

    @Test func forwardDropped() throws {
        let closed = try Rules(json: Facts.rules(Facts.dropping("forward", name: "FORWARD")))
        #expect(names(.goodServer) { $0.rules = closed } == ["forward-dropped-by filter/FORWARD"])
        #expect(
            repair(.goodServer) { $0.rules = closed } == [
                "iptables -I FORWARD -o wg0 -j ACCEPT", "iptables -I FORWARD -i wg0 -j ACCEPT",
            ])
        let own = try Rules(json: Facts.rules(Facts.dropping("forward", table: "mine", name: "passing")))
        #expect(
            repair(.goodServer) { $0.rules = own } == [
                "nft insert rule ip mine passing oifname wg0 accept",
                "nft insert rule ip mine passing iifname wg0 accept",
            ])
        let open = try Rules(
            json: Facts.rules(
                Facts.dropping("forward", name: "FORWARD", Facts.accepting("iifname", #""wg0""#, in: "FORWARD"))))
        #expect(names(.goodServer) { $0.rules = open } == [])
    }

    @Test func linesAreForPeople() {
        let line = wrong(.goodClient) { $0.devices?[0].peers[0].keepalive = nil }[0].description
        #expect(
            line == "warn keepalive: wg0 is silent when there is nothing to send: the server forgets the links — "
                + "wg set wg0 peer server persistent-keepalive 25; for good PersistentKeepalive = 25 in /etc/wireguard/wg0.conf"
        )
        #expect("\(Finding("engine", .ok, "io_uring"))" == "ok   engine: io_uring")
    }
}
