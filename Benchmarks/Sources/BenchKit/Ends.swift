// SPDX-License-Identifier: GPL-2.0-or-later

internal import CBench
internal import Glibc
internal import Support

/// The two WireGuards: one socket each, which sends and receives as theirs do.
///
/// The server's speaks to wherever it was spoken to from last, because a server may use a socket for each session.
final class Ends {
    /// Sender indices of the handshake, and so receiver indices of the data that follows.
    private static let clientIndex: UInt32 = 0x1111_1111
    private static let serverIndex: UInt32 = 0x2222_2222
    /// Datagrams that prove the paths, a round: so many up, and so many down of such a size.
    private static let proofsUp = 16
    private static let proofsDown = 4
    private static let proofSize = 1_200

    private let memory = UnsafeMutablePointer<cbench_end>.allocate(capacity: 2)
    private var client: UnsafeMutablePointer<cbench_end> { memory }
    private var server: UnsafeMutablePointer<cbench_end> { memory + 1 }

    init(_ laboratory: Laboratory) throws {
        memory.initialize(repeating: cbench_end(), count: 2)
        memory[0].descriptor = -1
        memory[1].descriptor = -1
        let failures = (
            try laboratory.client.inside { cbench_open_end(client, 0) },
            try laboratory.server.inside { cbench_open_end(server, UInt16(Laboratory.wireGuardPort)) }
        )
        guard failures == (0, 0), cbench_connect(client, UInt16(Laboratory.clientPort)) == 0 else {
            throw LaboratoryFailure("no sockets for load and sink: errno \(-failures.0), \(-failures.1)")
        }
        client.pointee.receiver = Self.serverIndex
        server.pointee.receiver = Self.clientIndex
        server.pointee.follows = true
    }

    deinit {
        for end in [client, server] where end.pointee.descriptor >= 0 { close(end.pointee.descriptor) }
        memory.deallocate()
    }

    /// How often the server's WireGuard was spoken to from another socket than before.
    var moves: UInt64 { server.pointee.moves }

    /// A handshake through the relays, repeated until both ends have heard the other and every link has carried; then
    /// data until every link is trusted with all that goes down.
    func shakeHands(_ laboratory: Laboratory, _ relays: Relays, seconds: Double = Patience.seconds) throws {
        let before = try laboratory.links.map { try laboratory.received($0, .server) }
        var answered = false
        let done = try Monotonic.wait(seconds: seconds) {
            try relays.check()
            _ = cbench_send_initiation(client, Self.clientIndex)
            Monotonic.sleep(seconds: 0.005)
            if cbench_take(server, 1) {
                _ = cbench_send_response(server, Self.serverIndex, Self.clientIndex)
            }
            Monotonic.sleep(seconds: 0.005)
            if cbench_take(client, 2) { answered = true }
            return try answered
                && zip(laboratory.links, before).allSatisfy { try laboratory.received($0, .server) > $1 + 1 }
        }
        guard done else {
            throw LaboratoryFailure("the relays carry no handshake, or not over every link: \(relays.words)")
        }
        let trusted = try Monotonic.wait(seconds: seconds) {
            try relays.check()
            return try provePaths(laboratory)
        }
        guard trusted else {
            throw LaboratoryFailure("the server does not answer over every link: \(relays.words)")
        }
        // Copies that still come are not part of what follows.
        Monotonic.sleep(seconds: 0.02)
        _ = cbench_take(server, 0)
        _ = cbench_take(client, 0)
    }

    /// Data up and then down. Returns whether all of it came down over every link, and more of it than was ever sent up:
    /// a server that gives unproven paths no more than they sent would have held some back.
    private func provePaths(_ laboratory: Laboratory) throws -> Bool {
        for _ in 0..<Self.proofsUp {
            _ = cbench_send_data(client, UInt32(CBENCH_KEEP_ALIVE_SIZE))
            Monotonic.sleep(seconds: 0.000_2)
        }
        Monotonic.sleep(seconds: 0.005)
        _ = cbench_take(server, 0)
        func bytes() throws -> [Int] {
            let received = try laboratory.client.received()
            return laboratory.links.map { received[$0.name]?.bytes ?? 0 }
        }
        let before = try bytes()
        for _ in 0..<Self.proofsDown { _ = cbench_send_data(server, UInt32(Self.proofSize)) }
        Monotonic.sleep(seconds: 0.005)
        _ = cbench_take(client, 0)
        guard server.pointee.sent_bytes > client.pointee.sent_bytes else { return false }
        return try zip(before, bytes()).allSatisfy { $1 - $0 >= Self.proofsDown * Self.proofSize }
    }

    /// Points a flow this way, at its beginning.
    func aim(_ flow: Flow, _ direction: Direction) {
        let isUp = direction == .up
        flow.state.source = isUp ? client : server
        flow.state.sink = isUp ? server : client
        flow.state.next = UInt64(CBENCH_LOAD_FIRST)
        flow.state.acknowledged = flow.state.next
    }
}
