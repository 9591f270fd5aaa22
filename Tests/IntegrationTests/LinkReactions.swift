// SPDX-License-Identifier: GPL-2.0-or-later

import Sockets
import Support
import Testing

/// A link taken down and up again while datagrams flow over it and another one, and how long both took to show.
struct LinkReactions {
    /// Milliseconds from the change until the client said that the link is down, by round.
    private(set) var left: [Double] = []
    /// Milliseconds from the change until the first copy came over the link again, by round.
    private(set) var joined: [Double] = []
    /// Datagrams that did not arrive over either link.
    private(set) var lost = 0

    init(_ engine: Engine, rounds: Int, linkSource: String) throws {
        let laboratory = try Laboratory(links: 2)
        let link = laboratory.links[0]
        // To the far end's own address, so that the kernel's own route is back the moment the link is up.
        let client = try Engarde(
            .client, path: Rig.path(.client), in: laboratory, engine: engine.rawValue,
            extra: """
                  dstOverrides:
                    - ifName: c1
                      dstAddr: "\(link.serverV4):\(Laboratory.serverPort)"
                """, options: ["--link-source", linkSource])
        let far = try UDPEnd(in: laboratory.server, port: Laboratory.serverPort)
        let source = try UDPEnd(
            in: laboratory.client, at: "127.0.0.1", connectedTo: ("127.0.0.1", Laboratory.clientPort))
        let bothCarry = Monotonic.wait {
            source.send(LoadDatagram.make(number: .max, size: 100, nanoseconds: 0))
            return Set(far.arrivals.map(\.source)).count == 2
        }
        try #require(bothCarry, "\(client.program.text(.error))")
        for round in 0..<rounds {
            far.forget()
            let load = RunningLoad(
                UDPLoad(perSecond: 2_000, size: 200), from: source, into: far, first: UInt64(round) << 32)
            Monotonic.sleep(seconds: 0.3)
            let down = try link.down()
            let idle = try client.program.waitForLine(after: down) { $0.contains("c1") && $0.contains("down") }
            left.append(Double(idle.nanoseconds - down) / 1e6)
            // The kernel reports late what follows closely.
            Monotonic.sleep(seconds: 0.3)
            let up = try link.up()
            var back: UDPEnd.Arrival?
            _ = Monotonic.wait {
                back = far.arrivals.first { $0.source.ip.description == link.clientV4 && $0.nanoseconds > up }
                return back != nil
            }
            if let back { joined.append(Double(back.nanoseconds - up) / 1e6) }
            let report = load.finish()
            lost += report.lost
            #expect(back != nil, "\(client.program.text(.error))")
        }
        print("\(engine), \(linkSource): link set down, out after ms: \(left.map { fixed($0, 2) })")
        print("\(engine), \(linkSource): link set up, first copy after ms: \(joined.map { fixed($0, 2) })")
    }
}
