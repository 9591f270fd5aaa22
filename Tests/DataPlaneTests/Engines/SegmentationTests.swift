// SPDX-License-Identifier: GPL-2.0-or-later

import CShims.Socket
import Glibc
import Sockets
import Testing

@testable import DataPlane

/// Runs leave in one piece where they may, and one by one where they may not.
@Suite(.serialized) struct SegmentationTests {
    @Test("A burst arrives in one piece and leaves in one piece a link", arguments: EngineTests.Kind.allCases)
    func client(_ kind: EngineTests.Kind) throws {
        let bench = try EngineBench.client(kind)
        let wireGuard = try bench.openListen()
        let servers = [try bench.openLink(1), try bench.openLink(2)]
        let burst = numbered(40, size: 1_200) + [[1, 2, 3]]
        #expect(wireGuard.sendBurst(burst))
        #expect(bench.turns { bench.value(.sentDatagrams, 1) == 41 })
        for (index, server) in servers.enumerated() {
            let slot = UInt16(index + 1)
            #expect(server.receiveAll(burst.count) == burst)
            #expect(bench.value(.sentDatagrams, slot) == 41 && bench.value(.sends, slot) == 1)
            #expect(bench.value(.sentBytes, slot) == 40 * 1_200 + 3)
            #expect(bench.value(.segmentationOff, slot) == 0 && bench.failures(slot) == 0)
        }
        #expect(bench.value(.receivedDatagrams, 0) == 41)

        #expect(servers[1].sendBurst(burst))
        #expect(bench.turns { bench.value(.sentDatagrams, 0) == 41 })
        #expect(wireGuard.receiveAll(burst.count) == burst)
        #expect(bench.value(.sends, 0) == 1)
    }

    @Test("The same on the server, to every path", arguments: EngineTests.Kind.allCases)
    func server(_ kind: EngineTests.Kind) throws {
        let board = PathStatistics(capacity: 8)
        let bench = try EngineBench.server(kind, board)
        let listen = try bench.open(0, .listen)
        let wireGuard = try Peer()
        try wireGuard.connect(to: try bench.open(1, .upstream, connectedTo: wireGuard.local))
        let clients = try (0..<3).map { _ in try Peer() }
        let burst = numbered(40, size: 1_200) + [[1, 2, 3]]
        for client in clients {
            try client.connect(to: listen)
            #expect(client.sendBurst(burst))
        }
        #expect(bench.turns { bench.value(.sentDatagrams, 1) == 123 })
        #expect(wireGuard.receiveAll(3 * burst.count) == burst + burst + burst)
        #expect(bench.value(.sends, 1) < 10)
        #expect(board.records().count == 3)
        #expect(wireGuard.sendBurst(burst))
        #expect(bench.turns { bench.value(.sentDatagrams, 0) == 123 })
        for client in clients { #expect(client.receiveAll(burst.count) == burst) }
        #expect(bench.value(.sends, 0) == 3)
        #expect(board.records().allSatisfy { $0.sentDatagrams == 41 && $0.receivedDatagrams == 41 })
    }

    @Test("What the kernel coalesced is one packet", arguments: EngineTests.Kind.allCases)
    func coalesced(_ kind: EngineTests.Kind) throws {
        let bare = try BareEngine.open(kind)
        let socket = try UDPSocket.open(.v4)
        try socket.bind(to: address("127.0.0.1", 0))
        bare.attach(0, descriptor: socket.descriptor, .listen)
        let peer = try Peer()
        try peer.connect(to: socket.localAddress)
        #expect(peer.sendBurst(numbered(30, size: 1_000) + [[1]]))
        var packets: [[Int]] = []
        for _ in 0..<20 where packets.isEmpty { packets = bare.packets() }
        #expect(packets == [Array(repeating: 1_000, count: 30) + [1]])
    }

    /// The kernel refuses segmentation where it may not compute checksums (`SO_NO_CHECK`): EINVAL or EIO.
    @Test(
        "A link that refuses segmentation gets every datagram singly, the others in one piece",
        arguments: EngineTests.Kind.allCases)
    func noChecksums(_ kind: EngineTests.Kind) throws {
        let bench = try EngineBench.client(kind)
        let wireGuard = try bench.openListen()
        let servers = [try bench.openLink(1), try bench.openLink(2)]
        #expect(engarde_set_option(bench.descriptor(1), SOL_SOCKET, SO_NO_CHECK, 1) == 0)
        let first = numbered(30, size: 1_200)
        #expect(wireGuard.sendBurst(first))
        #expect(bench.turns { bench.value(.sentDatagrams, 1) == 30 })
        let second = numbered(20, size: 700) + [[9]]
        #expect(wireGuard.sendBurst(second))
        #expect(bench.turns { bench.value(.sentDatagrams, 1) == 51 })
        for server in servers { #expect(server.receiveAll(51) == first + second) }
        #expect(bench.value(.segmentationOff, 1) != 0 && bench.value(.segmentationOff, 2) == 0)
        #expect(bench.value(.sends, 1) == 1 + 30 + 21, "refused once, then single")
        #expect(bench.value(.sends, 2) == 2)
        #expect(bench.failures(1) == 0 && bench.failures(2) == 0)
    }

    @Test(
        "Datagrams larger than the MTU leave singly, in fragments",
        .enabled(if: SmallNetwork.isAvailable), arguments: EngineTests.Kind.allCases)
    func smallMTU(_ kind: EngineTests.Kind) throws {
        let refusal = SmallNetwork.run {
            do {
                let bench = try EngineBench.client(kind)
                let wireGuard = try bench.openListen()
                let server = try bench.openLink(1)
                let datagrams = numbered(12, size: 1_400)
                for datagram in datagrams { #expect(wireGuard.send(datagram)) }
                #expect(bench.turns { bench.value(.sentDatagrams, 1) == 12 })
                #expect(server.receiveAll(datagrams.count) == datagrams)
                #expect(bench.value(.segmentationOff, 1) != 0 && bench.failures(1) == 0)
            } catch { Issue.record(error) }
        }
        #expect(refusal == nil)
    }

    /// Also those that leave in one piece for the kernel to cut.
    @Test("Datagrams larger than a link carries in one piece are counted, on that link", arguments: EngineTests.Kind.allCases)
    func fragments(_ kind: EngineTests.Kind) throws {
        let bench = try EngineBench.client(kind)
        let wireGuard = try bench.openListen()
        let servers = [try bench.openLink(1), try bench.openLink(2)]
        func fit(_ slot: UInt16, _ bytes: Int32, generation: UInt16 = 1) {
            bench.mailbox.post(.fit(SocketHandle(slot: slot, generation: generation), datagramBytes: bytes))
        }
        fit(1, 1_000)
        fit(2, 1_200)
        fit(2, 10, generation: 9)
        // 40 of 1,200 bytes and one of 3 in one run, and 5 alone.
        let burst = numbered(40, size: 1_200) + [[1, 2, 3]] + numbered(5, size: 1_001)
        #expect(wireGuard.sendBurst(Array(burst[...40])))
        #expect(bench.turns { bench.value(.sentDatagrams, 2) == 41 })
        for datagram in burst[41...] { #expect(wireGuard.sendBurst([datagram])) }
        #expect(bench.turns { bench.value(.sentDatagrams, 2) == 46 })
        #expect(bench.value(.fragmentedDatagrams, 1) == 45)
        #expect(bench.value(.fragmentedDatagrams, 2) == 0)
        #expect(servers.allSatisfy { $0.receiveAll(burst.count).count == burst.count })
    }
}
