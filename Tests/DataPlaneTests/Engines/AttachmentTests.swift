// SPDX-License-Identifier: GPL-2.0-or-later

import Glibc
import Sockets
import Support
import Testing

@testable import DataPlane

/// Sockets come and go while the engine runs.
@Suite(.serialized) struct AttachmentTests {
    @Test(
        "A socket detached while it receives is released, and its slot serves the next",
        arguments: EngineTests.Kind.allCases)
    func successor(_ kind: EngineTests.Kind) throws {
        let bench = try EngineBench.client(kind)
        let wireGuard = try bench.openListen()
        let first = try bench.openLink(1)
        wireGuard.send([1])
        #expect(bench.turns { bench.value(.sentDatagrams, 1) == 1 })
        #expect(!bench.hasReleased(1))
        bench.detach(1)
        first.send([9])  // it may have been received already when the command is read
        #expect(bench.turns { bench.hasReleased(1) })
        bench.close(1)

        let second = try bench.openLink(1, generation: 2)
        #expect(bench.value(.generation, 1) == 2 && bench.value(.sentDatagrams, 1) == 0)
        bench.detach(1, generation: 1)  // again, and too late
        bench.turn()
        #expect(!bench.hasReleased(1, generation: 2))
        wireGuard.send([2])
        #expect(bench.turns { bench.value(.sentDatagrams, 1) == 1 })
        #expect(second.receiveAll(1) == [[2]] && first.receiveAll(1) == [[1]])
        second.send([3])
        #expect(bench.turns { bench.value(.sentDatagrams, 0) == 1 })
        #expect(wireGuard.receiveAll(1) == [[3]])
    }

    @Test("Attached and detached in one go", arguments: EngineTests.Kind.allCases)
    func atOnce(_ kind: EngineTests.Kind) throws {
        let bench = try EngineBench.client(kind)
        let socket = try Peer()
        let handle = SocketHandle(slot: 1, generation: 1)
        bench.mailbox.post(.attach(handle, descriptor: socket.descriptor, .link))
        bench.mailbox.post(.detach(handle))
        bench.turn()
        #expect(bench.turns { bench.hasReleased(1) })
    }

    /// A socket that something still holds keeps its port, so the next cycle could not bind it.
    @Test(
        "A thousand come and go on one port, and nothing is left over", arguments: EngineTests.Kind.allCases)
    func thousand(_ kind: EngineTests.Kind) throws {
        let bench = try EngineBench.client(kind)
        let wireGuard = try bench.openListen()
        let server = try Peer()
        var local = address("127.0.0.1", 0)
        for cycle in 1...1_000 as ClosedRange<UInt16> {
            local = try open(bench, cycle, local, server.local)
            if cycle % 50 == 1 {
                wireGuard.send([1])
                #expect(bench.turns { bench.value(.sentDatagrams, 1) == 1 })
            }
            bench.detach(1, generation: cycle)
            guard bench.turns(until: { bench.hasReleased(1, generation: cycle) }) else {
                Issue.record("cycle \(cycle) was not released")
                return
            }
            bench.close(1, generation: cycle)
        }
        #expect(server.receiveAll(20).count == 20)
    }

    /// The kernel lets go of a socket that was in a ring a moment after the ring has.
    private func open(
        _ bench: EngineBench, _ cycle: UInt16, _ local: SocketAddress, _ server: SocketAddress
    ) throws -> SocketAddress {
        let deadline = Monotonic.deadline(seconds: Patience.seconds)
        for attempt in 0... {
            do { return try bench.open(1, .link, generation: cycle, at: local, connectedTo: server) } catch {
                guard Monotonic.nanoseconds < deadline else { throw error }
                usleep(1_000)
                if attempt > 0 { bench.turn() }
            }
        }
        fatalError("not reached")
    }

    @Test(
        "A data plane of either engine starts, relays and stops, and lets go of its sockets",
        arguments: [EnginePreference.automatic, .uring, .polling])
    func stop(_ preference: EnginePreference) throws {
        for _ in 0..<5 {
            let dataPlane = try DataPlane(.client(allowedSources: [], isOpaque: true), engine: preference)
            #expect((dataPlane.engine.kind == .polling) == (preference == .polling))
            #expect(dataPlane.engine.refusals.isEmpty && !dataPlane.engine.description.isEmpty)
            #expect(dataPlane.statistics == nil)
            let wireGuard = try Peer()
            let server = try Peer()
            let listen = try UDPSocket.open(.v4)
            try listen.bind(to: address("127.0.0.1", 0))
            let link = try UDPSocket.open(.v4)
            try link.connect(to: server.local)
            let handle = SocketHandle(slot: 1, generation: 1)
            let port = listen.localAddress
            dataPlane.mailbox.post(
                .attach(SocketHandle(slot: 0, generation: 1), descriptor: listen.descriptor, .listen))
            dataPlane.mailbox.post(.attach(handle, descriptor: link.descriptor, .link))
            dataPlane.mailbox.post(.carry(handle, true))
            try wireGuard.connect(to: port)
            wireGuard.send([1, 2, 3])
            #expect(server.receiveAll(1) == [[1, 2, 3]])
            #expect(dataPlane.stop())
            _ = consume listen
            #expect(Monotonic.wait { (try? Peer(port)) != nil })
        }
    }
}
