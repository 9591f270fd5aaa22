// SPDX-License-Identifier: GPL-2.0-or-later

internal import CBench
internal import Glibc
internal import Support

/// The two WireGuards: one socket each, which sends and receives as theirs do.
final class Ends {
    /// Sender indices of the handshake, and so receiver indices of the data that follows.
    private static let clientIndex: UInt32 = 0x1111_1111
    private static let serverIndex: UInt32 = 0x2222_2222

    let client: Int32
    let server: Int32

    init(_ laboratory: Laboratory) throws {
        client = try laboratory.client.inside { cbench_open_end(0) }
        server = try laboratory.server.inside { cbench_open_end(UInt16(Laboratory.wireGuardPort)) }
        guard client >= 0, server >= 0, cbench_connect(client, UInt16(Laboratory.clientPort)) == 0 else {
            throw LaboratoryFailure("no sockets for load and sink: errno \(client), \(server)")
        }
    }

    deinit {
        close(client)
        close(server)
    }

    /// A handshake through the relays, repeated until both ends have heard the other and every link has
    /// carried.
    func shakeHands(_ laboratory: Laboratory, _ relays: Relays, seconds: Double = 10) throws {
        let before = try laboratory.links.map { try laboratory.received($0, .server) }
        var answered = false
        let done = try Monotonic.wait(seconds: seconds) {
            try relays.check()
            _ = cbench_send_initiation(client, Self.clientIndex)
            Monotonic.sleep(seconds: 0.005)
            if cbench_take_handshake(server, 1) == 1 {
                _ = cbench_send_response(server, Self.serverIndex, Self.clientIndex)
            }
            Monotonic.sleep(seconds: 0.005)
            if cbench_take_handshake(client, 2) == 2 { answered = true }
            return try answered
                && zip(laboratory.links, before).allSatisfy { try laboratory.received($0, .server) > $1 + 1 }
        }
        guard done else {
            throw LaboratoryFailure("the relays carry no handshake, or not over every link: \(relays.words)")
        }
        // Copies that still come are not part of what follows.
        Monotonic.sleep(seconds: 0.02)
        _ = cbench_take_handshake(server, 1)
        _ = cbench_take_handshake(client, 2)
    }

    /// Points a flow this way.
    func aim(_ flow: Flow, _ direction: Direction) {
        let isUp = direction == .up
        flow.state.source = isUp ? client : server
        flow.state.sink = isUp ? server : client
        flow.state.receiver = isUp ? Self.serverIndex : Self.clientIndex
    }
}
