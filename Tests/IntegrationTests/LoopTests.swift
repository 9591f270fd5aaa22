// SPDX-License-Identifier: GPL-2.0-or-later

import Support
import Testing

extension Integration {
    /// Servers that send to each other.
    @Suite struct LoopTests {
        @Test(arguments: Engine.available, ["opaque", "wireguard"])
        func twoServersThatSendToEachOther(engine: Engine, protocolName: String) throws {
            let laboratory = try Laboratory(links: 1)
            let (port, other) = (Laboratory.serverPort, 60_001)
            let extra = "  protocol: \(protocolName)\n"
            func server(_ listen: String, _ destination: String) throws -> Engarde {
                try Engarde(
                    .server, path: Rig.path(.server), in: laboratory, engine: engine.rawValue, listen: listen,
                    destination: destination, extra: extra)
            }
            let one = try server("127.0.0.1:\(port)", "127.0.0.1:\(other)")
            let two = try server("127.0.0.1:\(other)", "127.0.0.1:\(port)")
            for server in [one, two] {
                _ = try server.program.waitForLine(seconds: 5) { $0.contains("WireGuard is at") }
            }
            let source = try UDPEnd(in: laboratory.server, at: "127.0.0.1", connectedTo: ("127.0.0.1", port))

            // A handshake's size and header, so that both protocols take it.
            let before = try datagramsSent(laboratory.server)
            source.send([1, 0, 0, 0] + [UInt8](repeating: 7, count: 144))
            Monotonic.sleep(seconds: 3)
            let sent = try datagramsSent(laboratory.server) - before
            print("\(engine), \(protocolName): one datagram made \(sent) in 3 s")
            #expect(sent > 1, "it was not even passed on")
            #expect(sent < 100, "\(one.program.text(.error))\n\(two.program.text(.error))")
            if protocolName == "opaque" {
                let isTold = Monotonic.wait(seconds: 10) {
                    [one, two].contains { $0.program.text(.error).contains("this server's own came back") }
                }
                #expect(isTold, "\(one.program.text(.error))\n\(two.program.text(.error))")
            }
        }

        /// UDP datagrams that left sockets of a namespace, both families.
        private func datagramsSent(_ namespace: Namespace) throws -> Int {
            let counters = try run(["nstat", "-asz", "UdpOutDatagrams", "Udp6OutDatagrams"], in: namespace)
            return counters.split(separator: "\n").filter { !$0.hasPrefix("#") }
                .compactMap { $0.split(separator: " ").dropFirst().first.flatMap { Int($0) } }.reduce(0, +)
        }
    }
}
