// SPDX-License-Identifier: GPL-2.0-or-later

import CShims.Socket
import Sockets
import Support
import Testing

@testable import DataPlane

@Suite struct LastKnownPathsTests {
    private static let span: Int64 = 30

    private static func path(_ number: Int, heard: Int64) -> Path {
        Path(address: ServerScene.path(number), local: engarde_packet_info(), lastReceived: heard, position: 0, tenant: 0)
    }

    private static func addresses(_ table: borrowing LastKnownPaths, _ session: SessionIndex) -> [SocketAddress] {
        (0..<table.count(session)).map { table.entry(session, $0).address }
    }

    @Test("What fell silent longer ago than a path lives is not remembered beside what fell silent last")
    func span() {
        var table = LastKnownPaths(sessions: 2, perSession: 4)
        table.remember(Self.path(1, heard: 100), of: 1, span: Self.span)
        table.remember(Self.path(2, heard: 120), of: 1, span: Self.span)
        table.remember(Self.path(3, heard: 131), of: 1, span: Self.span)
        #expect(Set(Self.addresses(table, 1)) == [ServerScene.path(2), ServerScene.path(3)])
        #expect(table.session(of: ServerScene.path(1)) == nil && table.session(of: ServerScene.path(3)) == 1)
    }

    @Test("A full session forgets the one that has been silent for longest")
    func full() {
        var table = LastKnownPaths(sessions: 1, perSession: 2)
        for (number, heard) in [(1, 105), (2, 101), (3, 103)] as [(Int, Int64)] {
            table.remember(Self.path(number, heard: heard), of: 0, span: Self.span)
        }
        #expect(Set(Self.addresses(table, 0)) == [ServerScene.path(1), ServerScene.path(3)])
    }

    /// Which address is whose and since when, kept the slow way.
    @Test("Like a dictionary", arguments: 1...20 as ClosedRange<UInt64>)
    func model(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var table = LastKnownPaths(sessions: 3, perSession: 3)
        var model: [SocketAddress: (session: SessionIndex, heard: Int64)] = [:]
        var now: Int64 = 0
        for _ in 0..<500 {
            now += Int64.random(in: 1...8, using: &random)
            let session = SessionIndex(Int32.random(in: 0..<3, using: &random))
            let number = Int.random(in: 1...8, using: &random)
            switch Int.random(in: 0..<10, using: &random) {
            case 0:
                table.forget(session: session)
                model = model.filter { $0.value.session != session }
            case 1:
                table.forget(ServerScene.path(number))
                model[ServerScene.path(number)] = nil
            default:
                table.remember(Self.path(number, heard: now), of: session, span: Self.span)
                model[ServerScene.path(number)] = nil
                model = model.filter { $0.value.session != session || $0.value.heard + Self.span >= now }
                let own = model.filter { $0.value.session == session }.sorted { $0.value.heard < $1.value.heard }
                if own.count == 3 { model[own[0].key] = nil }
                model[ServerScene.path(number)] = (session, now)
            }
            for session in [0, 1, 2] as [SessionIndex] {
                let wanted = Set(model.filter { $0.value.session == session }.keys)
                #expect(Set(Self.addresses(table, session)) == wanted, "seed \(seed)")
            }
            for number in 1...8 {
                let address = ServerScene.path(number)
                #expect(table.session(of: address) == model[address]?.session, "seed \(seed)")
            }
        }
    }
}
