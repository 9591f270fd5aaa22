// SPDX-License-Identifier: GPL-2.0-or-later

import CShims.Socket
import Glibc
import Sockets
import Testing

@testable import DataPlane

/// What goes wrong on one socket costs that socket's copies at most.
@Suite(.serialized) struct WeatherTests {
    @Test(
        "A refusal that an earlier datagram earned does not cost a later one",
        arguments: EngineTests.Kind.allCases)
    func keptRefusal(_ kind: EngineTests.Kind) throws {
        let bare = try BareEngine.open(kind)
        let memory = SliceMemory(4_000)
        let link = try Peer()
        let port = try Peer.elsewhere().local  // and nobody has it any more
        try link.connect(to: port)
        bare.attach(1, descriptor: link.descriptor, .link)
        for datagrams in [[memory.slice(0, 100)], (0..<5).map { memory.slice($0 * 700, 500) }] {
            // Nobody listens: the kernel keeps ECONNREFUSED for the next call.
            #expect(link.send([0]))
            let server = try Peer(port)
            bare.leave(1, datagrams)
            bare.flush()
            #expect(server.receiveAll(datagrams.count) == datagrams.map(bytes))
        }
        #expect(SendFailure.allCases.allSatisfy { bare.counters.value($0, slot: 1) == 0 })
        #expect(bare.counters.value(.segmentationOff, slot: 1) == 0)
    }

    @Test(
        "While nobody listens copies are counted as refused, and the link heals",
        arguments: EngineTests.Kind.allCases)
    func refused(_ kind: EngineTests.Kind) throws {
        let bench = try EngineBench.client(kind)
        let wireGuard = try bench.openListen()
        let server = try bench.openLink(2)
        let free = try Peer.elsewhere().local
        let local = try bench.open(1, .link, connectedTo: free)
        for datagram in numbered(20, size: 100) {
            wireGuard.send(datagram)
            bench.turn()
        }
        #expect(bench.turns { bench.value(.sentDatagrams, 2) == 20 })
        #expect(server.receiveAll(20) == numbered(20, size: 100))
        let back = try Peer(free)
        try back.connect(to: local)
        for datagram in numbered(20, size: 100) { wireGuard.send(datagram) }
        #expect(bench.turns { bench.value(.sentDatagrams, 1) == 40 })
        #expect(back.receiveAll(20) == numbered(20, size: 100), "same socket, same port")
        back.send([1, 2])
        #expect(bench.turns { bench.value(.receivedDatagrams, 1) == 1 }, "and it still receives")
    }

    /// A UNIX socket whose peer does not read fills up after some datagrams; loopback UDP never does.
    @Test("A full socket costs its own copies only", arguments: EngineTests.Kind.allCases)
    func full(_ kind: EngineTests.Kind) throws {
        let bench = try EngineBench.client(kind)
        let wireGuard = try bench.openListen()
        let servers = [try bench.openLink(1), try bench.openLink(3)]
        var pair: [Int32] = [0, 0]
        #expect(socketpair(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0, &pair) == 0)
        defer { for descriptor in pair { close(descriptor) } }
        bench.attach(SocketHandle(slot: 2, generation: 1), descriptor: pair[0], .link)
        // Growing sizes: none joins the run before it.
        let datagrams = (0..<400).map { [UInt8](repeating: UInt8(truncatingIfNeeded: $0), count: 100 + $0) }
        for datagram in datagrams { wireGuard.send(datagram) }
        #expect(bench.turns { bench.value(.sentDatagrams, 3) == 400 })
        for server in servers { #expect(server.receiveAll(datagrams.count) == datagrams) }
        let congested = bench.counters.value(SendFailure.congested, slot: 2)
        var arrived: UInt64 = 0
        var scratch = [UInt8](repeating: 0, count: 1_000)
        while recv(pair[1], &scratch, 1_000, Int32(truncatingIfNeeded: MSG_DONTWAIT)) > 0 { arrived += 1 }
        #expect(arrived > 0 && congested > 0 && arrived + congested == 400)
        #expect(bench.failures(1) == 0 && bench.failures(3) == 0)
        // Room again: it carries again.
        wireGuard.send([7])
        #expect(bench.turns { bench.value(.sentDatagrams, 3) == 401 })
        #expect(recv(pair[1], &scratch, 1_000, Int32(truncatingIfNeeded: MSG_DONTWAIT)) == 1)
    }

    @Test("More datagrams than receive buffers all pass, in order", arguments: EngineTests.Kind.allCases)
    func moreThanBuffers(_ kind: EngineTests.Kind) throws {
        let bench = try EngineBench.client(kind)
        let wireGuard = try bench.openListen()
        let server = try bench.openLink(1)
        let datagrams = numbered(Limits.buffers * 3, size: 200)
        for datagram in datagrams { wireGuard.send(datagram) }
        #expect(bench.turns { bench.value(.sentDatagrams, 1) == UInt64(datagrams.count) })
        #expect(server.receiveAll(datagrams.count) == datagrams)
        for datagram in datagrams { server.send(datagram) }
        #expect(bench.turns { bench.value(.sentDatagrams, 0) == UInt64(datagrams.count) })
        #expect(wireGuard.receiveAll(datagrams.count) == datagrams)
    }

    @Test(
        "Answers leave from the address that was written to, in both families",
        arguments: EngineTests.Kind.allCases)
    func answers(_ kind: EngineTests.Kind) throws {
        let board = PathStatistics(capacity: 8)
        let bench = try EngineBench.server(kind, board)
        let port = try bench.open(0, .listen, at: SocketAddress(.anyV6, port: 0)).port
        let wireGuard = try Peer()
        try wireGuard.connect(to: try bench.open(1, .upstream, connectedTo: wireGuard.local))
        // Each is connected, so it hears only the address it wrote to.
        let clients = try ["127.0.0.2", "127.0.0.3", "::1"].map { text in
            let client = try Peer(SocketAddress(text == "::1" ? .anyV6 : .anyV4, port: 0))
            try client.connect(to: address(text, port))
            client.send(Array(text.utf8))
            return client
        }
        #expect(bench.turns { bench.value(.sentDatagrams, 1) == 3 })
        #expect(
            Set(wireGuard.receiveAll(3)) == [
                Array("127.0.0.2".utf8), Array("127.0.0.3".utf8), Array("::1".utf8),
            ])
        #expect(wireGuard.sendBurst(numbered(5, size: 300)))
        #expect(bench.turns { bench.value(.sentDatagrams, 0) == 15 })
        for client in clients { #expect(client.receiveAll(5) == numbered(5, size: 300)) }
        #expect(bench.failures(0) == 0)
    }
}
