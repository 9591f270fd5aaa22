// SPDX-License-Identifier: GPL-2.0-or-later

import Support
import Testing

/// A laboratory whose only link is emulated, an end at each side, and the loads between them.
final class EmulatorBench {
    let laboratory: Laboratory
    let client: UDPEnd
    let server: UDPEnd
    private var first: UInt64 = 0
    var link: LaboratoryLink { laboratory.links[0] }

    init() throws {
        laboratory = try Laboratory(links: [[.v4]], emulated: [1])
        server = try UDPEnd(
            in: laboratory.server, at: Laboratory.serverV4, port: 4_000,
            connectedTo: (laboratory.links[0].clientV4, 4_000))
        client = try UDPEnd(
            in: laboratory.client, at: laboratory.links[0].clientV4, port: 4_000,
            connectedTo: (Laboratory.serverV4, 4_000))
        // Both kernels find their neighbours before anything is counted; until then they may drop what is to be sent.
        let isOpen = Monotonic.wait {
            client.send([1])
            server.send([1])
            return !client.arrivals.isEmpty && !server.arrivals.isEmpty
        }
        try #require(isOpen)
    }

    func flow(_ direction: LinkEmulator.Direction, _ load: UDPLoad, seconds: Double) throws -> UDPReport {
        defer { first += 1_000_000 }
        let (source, sink) = direction == .up ? (client, server) : (server, client)
        sink.forget()
        return try load.run(from: source, into: sink, seconds: seconds, first: first)
    }
}
