// SPDX-License-Identifier: GPL-2.0-or-later

import CShims.Socket
import Glibc
import Sockets
import Support
import Testing

@testable import DataPlane

/// Receives that go on failing.
@Suite(.serialized) struct FailingReceiveTests {
    /// An eventfd is readable and no socket: each receive fails with ENOTSOCK at once.
    @Test("A receive that keeps failing is reported and tried again a second later, not at once", arguments: EngineTests.Kind.allCases)
    func pause(_ kind: EngineTests.Kind) throws {
        let bench = try EngineBench.client(kind)
        let wireGuard = try bench.openListen()
        let server = try bench.openLink(2)
        let broken = try FileDescriptor.event()
        broken.signal()
        let handle = SocketHandle(slot: 1, generation: 1)
        bench.attach(handle, descriptor: broken.rawValue, .link)
        bench.mailbox.post(.carry(handle, false))
        #expect(bench.turns { bench.has(.receiveFailed(handle, errno: ENOTSOCK)) })
        let start = Monotonic.nanoseconds
        for number in 0..<20 as Range<UInt8> {
            wireGuard.send([number])
            bench.turn()
        }
        #expect(bench.turns { bench.value(.sentDatagrams, 2) == 20 })
        #expect(server.receiveAll(20).count == 20)
        _ = bench.hasReleased(1)
        let tries = bench.reported.count { $0 == .receiveFailed(handle, errno: ENOTSOCK) }
        #expect(Int64(tries) <= 2 + (Monotonic.nanoseconds - start) / 1_000_000_000)
        // It ends like any other.
        bench.detach(1)
        #expect(bench.turns { bench.hasReleased(1) })
    }

    @Test("A second later it is tried again", arguments: EngineTests.Kind.allCases)
    func again(_ kind: EngineTests.Kind) throws {
        let bench = try EngineBench.client(kind)
        let broken = try FileDescriptor.event()
        broken.signal()
        let handle = SocketHandle(slot: 1, generation: 1)
        bench.attach(handle, descriptor: broken.rawValue, .link)
        #expect(bench.turns { bench.has(.receiveFailed(handle, errno: ENOTSOCK)) })
        #expect(
            bench.turns {
                _ = bench.hasReleased(1)
                return bench.reported.count { $0 == .receiveFailed(handle, errno: ENOTSOCK) } == 2
            })
    }

    @Test("Traffic is reported once when it was asked for, and at once when it has come already", arguments: EngineTests.Kind.allCases)
    func traffic(_ kind: EngineTests.Kind) throws {
        let bench = try EngineBench.client(kind)
        let wireGuard = try bench.openListen()
        func reports() -> Int {
            _ = bench.has(.traffic)
            return bench.reported.count { $0 == .traffic }
        }
        func receive() {
            let before = bench.counters.value(.packets)
            wireGuard.send([1])
            #expect(bench.turns { bench.counters.value(.packets) > before })
        }
        receive()
        #expect(reports() == 0)
        bench.mailbox.post(.awaitTraffic(since: bench.counters.value(.packets)))
        bench.turn()
        bench.turn()
        #expect(reports() == 0)
        receive()
        receive()
        #expect(reports() == 1)
        let seen = bench.counters.value(.packets)
        receive()
        bench.mailbox.post(.awaitTraffic(since: seen))
        #expect(bench.turns { reports() == 2 })
    }
}
