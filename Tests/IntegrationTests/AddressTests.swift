// SPDX-License-Identifier: GPL-2.0-or-later

import Status
import Support
import Testing

extension Integration {
    /// Interfaces with several addresses, names with several, and interfaces that lead nowhere: the client finds the pair
    /// of addresses that reaches the server and says of the others what they are.
    @Suite struct AddressTests {
        /// Sends until `count` datagrams in a row are answered; false when that takes longer than `seconds`.
        private static func isAnswered(_ source: UDPEnd, seconds: Double = 120, count: Int = 20) -> Bool {
            var number = UInt64.random(in: 0 ..< .max / 2)
            var inRow = 0
            return Monotonic.wait(seconds: seconds) {
                number += 1
                source.send(LoadDatagram.make(number: number, size: 200, nanoseconds: 0))
                let isAnswered = source.waitForArrival(seconds: 2) { $0.number == number } != nil
                inRow = isAnswered ? inRow + 1 : 0
                return inRow == count
            }
        }

        /// The modem's own network on the same port, with its address in front of the one that leads out.
        @Test(arguments: Engine.available)
        func theAddressWithTheRouteIsTaken(engine: Engine) throws {
            let rig = try Rig(engine, links: [[.v4]], isOpaque: true)
            let link = rig.links[0]
            try run(
                ["ip", "-batch", "-"], in: rig.laboratory.client,
                input: """
                    address del \(link.clientV4)/24 dev c1
                    address add 192.168.100.2/24 dev c1
                    address add \(link.clientV4)/24 dev c1
                    route replace \(Laboratory.serverV4)/32 via \(link.serverV4) dev c1

                    """)
            let sink = try rig.sink(echo: true)
            let source = try rig.source()
            #expect(Self.isAnswered(source), rig.words)
            #expect(!sink.arrivals.isEmpty)
            _ = try rig.client.program.waitForLine(seconds: 30) {
                $0.contains("link c1: carries, from \(link.clientV4) to")
            }
            // Another route, and with it another address: the link follows.
            try run(
                [
                    "ip", "route", "replace", "\(Laboratory.serverV4)/32", "via", link.serverV4, "dev", "c1", "src",
                    "192.168.100.2",
                ], in: rig.laboratory.client)
            _ = try rig.client.program.waitForLine(seconds: 30) { $0.contains("link c1: carries, from 192.168.100.2 to") }
        }

        /// The kernel's choice leads nowhere, and nothing but silence tells.
        @Test(arguments: Engine.available)
        func aSilentLinkTriesItsOtherAddress(engine: Engine) throws {
            let rig = try Rig(engine, links: [[.v4]], isOpaque: true)
            let link = rig.links[0]
            try run(
                ["ip", "-batch", "-"], in: rig.laboratory.client,
                input: """
                    address add 192.168.100.2/24 dev c1
                    route replace \(Laboratory.serverV4)/32 via \(link.serverV4) dev c1 src 192.168.100.2 metric 101

                    """)
            let sink = try rig.sink(echo: true)
            let source = try rig.source()
            _ = try rig.client.program.waitForLine(seconds: 30) { $0.contains("link c1: carries, from 192.168.100.2 to") }
            #expect(Self.isAnswered(source), rig.words)
            #expect(!sink.arrivals.isEmpty)
        }

        /// A name with two IPv4 addresses of which the first is dead, and one of a family that has no route here.
        @Test(arguments: Engine.available, ["10.98.0.1 10.99.0.1", "10.97.0.1 fd00:99::1"])
        func eachAddressOfANameIsTried(engine: Engine, addresses: String) throws {
            let folder = try TemporaryFolder()
            let hosts = try folder.write(
                addresses.split(separator: " ").map { "\($0) server.test\n" }.joined(), to: "hosts")
            // The program sees hosts of its own, and no name server.
            let wrapper = try folder.write(
                """
                #!/bin/sh
                exec unshare -m --propagation private sh -c 'mount --bind \(hosts) /etc/hosts && exec "$0" "$@"' \
                \(Rig.path(.client)) "$@"

                """, to: "engarde-client")
            try run(["chmod", "755", wrapper])
            let laboratory = try Laboratory(links: [[.v4, .v6]])
            // Only the first dead address has a route: what goes there is lost without a word.
            try run(["ip", "route", "add", "10.98.0.0/16", "via", "10.1.1.2", "dev", "c1"], in: laboratory.client)
            let server = try Engarde(
                .server, path: Rig.path(.server), in: laboratory, engine: engine.rawValue, extra: "  protocol: opaque\n")
            let client = try Engarde(
                .client, path: wrapper, in: laboratory, engine: engine.rawValue,
                destination: "server.test:\(Laboratory.serverPort)", extra: "  protocol: opaque\n")
            let sink = try UDPEnd(in: laboratory.server, at: "127.0.0.1", port: Laboratory.wireGuardPort, echo: true)
            let source = try UDPEnd(
                in: laboratory.client, at: "127.0.0.1", connectedTo: ("127.0.0.1", Laboratory.clientPort))
            #expect(Self.isAnswered(source), "\(client.program.lines.map(\.text)); \(server.program.lines.map(\.text))")
            #expect(!sink.arrivals.isEmpty)
            #expect(client.program.lines.contains { $0.text.contains("server.test is ") }, "the answer is logged")
        }

        @Test(arguments: Engine.available)
        func anInterfaceWithoutARouteIsNoLink(engine: Engine) throws {
            let rig = try Rig(engine, links: [[.v4], [.v4]], isOpaque: true, extra: Engarde.webManager)
            try run(
                ["ip", "-batch", "-"], in: rig.laboratory.client,
                input: """
                    link add br0 type bridge
                    link add port0 type veth peer name port1
                    link set port0 master br0
                    link set port0 up
                    link set port1 up
                    address add 172.17.0.1/16 dev br0
                    link set br0 up

                    """)
            let words = "no route to \(Laboratory.serverV4) over it"
            _ = try rig.client.program.waitForLine(seconds: 30) { $0.contains("link br0: idle, \(words)") }
            try rig.client.waitForStatus()
            let status = try rig.client.clientStatus()
            let bridge = try #require(status.links.first { $0.name == "br0" })
            #expect(bridge.state == .idle && bridge.reason == words)
            let check = try run(
                [Rig.path(.client), "check", rig.client.file], in: rig.laboratory.client)
            #expect(check.contains("br0\tidle, \(words)") && check.contains("2 links would carry"), "\(check)")
            // A route makes it one.
            try run(
                ["ip", "route", "add", "\(Laboratory.serverV4)/32", "via", "172.17.0.9", "dev", "br0", "metric", "900"],
                in: rig.laboratory.client)
            _ = try rig.client.program.waitForLine(seconds: 30) { $0.contains("link br0: carries, from 172.17.0.1") }
        }

        @Test(arguments: Engine.available)
        func strictReversePathFilteringIsWarnedOf(engine: Engine) throws {
            let rig = try Rig(engine, links: [[.v4], [.v4]], isOpaque: true)
            try rig.laboratory.client.inside { try writeText("1", to: "/proc/sys/net/ipv4/conf/all/rp_filter") }
            let moment = Monotonic.nanoseconds
            try rig.links[1].changeAddress()
            let line = try rig.client.program.waitForLine(seconds: 30, after: moment) { $0.contains("reverse-path") }
            #expect(line.text.contains("link c2") && line.text.contains("sysctl -w net.ipv4.conf.c2.rp_filter=2"))
            let check = try run([Rig.path(.client), "check", rig.client.file], in: rig.laboratory.client)
            #expect(check.contains("c2\twarning: strict reverse-path") && !check.contains("c1\twarning"), "\(check)")
            let sink = try rig.sink(echo: true)
            let source = try rig.source()
            try rig.warmUp(source, sink)
            // What the warning says is so, and so is the mend.
            let before = rig.client.program.lines.count
            try run(["sysctl", "-q", "-w", "net.ipv4.conf.c2.rp_filter=2"], in: rig.laboratory.client)
            try rig.links[1].changeAddress()
            try rig.warmUp(source, sink)
            #expect(!rig.client.program.lines.dropFirst(before).contains { $0.text.contains("reverse-path") })
        }

        /// Sixty interfaces that have a route and bring nothing, and then the one that leads to the server.
        @Test(arguments: Engine.available)
        func manyInterfacesOfNoUseLeaveAPlace(engine: Engine) throws {
            let rig = try Rig(engine, links: [[.v4]], isOpaque: true)
            try rig.links[0].remove()
            let lines = (1...60).map { number in
                """
                link add br-\(number) type veth peer name far-\(number)
                link set br-\(number) up
                link set far-\(number) up
                address add 10.2.\(number).1/24 dev br-\(number)
                route add \(Laboratory.serverV4)/32 via 10.2.\(number).2 dev br-\(number) metric \(1000 + number)

                """
            }
            try run(["ip", "-batch", "-"], in: rig.laboratory.client, input: lines.joined())
            _ = try rig.client.program.waitForLine(seconds: 60) { $0.contains("48 links carry already") }
            let check = try run([Rig.path(.client), "check", rig.client.file], in: rig.laboratory.client)
            #expect(check.contains("48 links carry at a time and 60 could"), "\(check)")
            #expect(check.contains("excludedInterfaces: [\"br-*\"]"), "\(check)")
            try rig.links[0].recreate()
            let sink = try rig.sink(echo: true)
            let source = try rig.source()
            #expect(Self.isAnswered(source, seconds: 120), rig.words)
            #expect(!sink.arrivals.isEmpty)
        }

        /// RFC 4862, 5.5.4: what uses a deprecated address goes on, and there is no other here.
        @Test(arguments: Engine.available)
        func aDeprecatedAddressGoesOn(engine: Engine) throws {
            for family in [Laboratory.Family.v4, .v6] {
                let host = family == .v4 ? Laboratory.serverV4 : "[\(Laboratory.serverV6)]"
                let rig = try Rig(
                    engine, links: [[family]], destination: "\(host):\(Laboratory.serverPort)", isOpaque: true)
                let sink = try rig.sink(echo: true)
                let source = try rig.source()
                try rig.warmUp(source, sink)
                let ports = try rig.linkPorts()
                let link = rig.links[0]
                let address = family == .v4 ? "\(link.clientV4)/24" : "\(link.clientV6)/64"
                try run(
                    ["ip", "address", "change", address, "dev", "c1", "preferred_lft", "0"], in: rig.laboratory.client)
                #expect(Self.isAnswered(source, count: 100), rig.words)
                #expect(try rig.linkPorts() == ports, "the socket was made anew; \(rig.words)")
                #expect(!rig.client.program.lines.contains { $0.text.contains("idle") && $0.text.contains("c1") })
                // And is taken by a client that starts with it.
                try rig.client.restart()
                #expect(Self.isAnswered(try rig.source()), rig.words)
            }
        }

        /// A router that swallows one source port for good, as one does that keeps a state from before it restarted.
        @Test(arguments: Engine.available)
        func aSilentLinkTriesAnotherPort(engine: Engine) throws {
            let rig = try Rig(engine, links: [[.v4], [.v4]])
            let tunnel = try rig.tunnel()
            defer { tunnel.stop() }
            let pinger = try Pinger(in: rig.laboratory.client, to: WireGuardTunnel.serverAddress)
            defer { pinger.stop() }
            for link in rig.links { try rig.laboratory.waitUntilCarrying(link, seconds: 30) }
            let swallowed = try rig.laboratory.client.udpSockets().filter { $0.remotePort == Laboratory.serverPort }
                .map(\.port)
            try run(
                ["nft", "-f", "-"], in: rig.laboratory.server,
                input: """
                    table netdev router {
                      chain swallow {
                        type filter hook ingress device "s1" priority 0; policy accept;
                        udp sport { \(swallowed.map(String.init).joined(separator: ", ")) } drop
                      }
                    }

                    """)
            let moment = Monotonic.nanoseconds
            _ = try rig.client.program.waitForLine(seconds: 90, after: moment) {
                $0.contains("link c1: no answer, tries source port")
            }
            _ = try rig.client.program.waitForLine(seconds: 60, after: moment) { $0.contains("link c1: carrying") }
            #expect(!rig.client.program.lines.contains { $0.text.contains("link c2: no answer") }, rig.words)
        }
    }
}
