// SPDX-License-Identifier: GPL-2.0-or-later

import Glibc
import Support
import Testing

@testable import Control
@testable import DataPlane
@testable import Sockets

@Suite(.serialized) struct SocketSlotsTests {
    private static func socket() throws -> UDPSocket {
        let socket = try UDPSocket.open(.v4)
        try socket.bind(to: SocketAddress(IPAddress("127.0.0.1")!, port: 0))
        return socket
    }

    private static func collect(_ slots: inout SocketSlots, _ dataPlane: DataPlane, until count: Int) -> Bool {
        let deadline = Monotonic.deadline(seconds: Patience.seconds)
        while slots.closingCount > count, Monotonic.nanoseconds < deadline {
            usleep(500)
            while let event = dataPlane.events.next() {
                if case .released(let socket) = event { slots.release(socket) }
            }
        }
        return slots.closingCount == count
    }

    private static func isOpen(_ descriptor: Int32) -> Bool { fcntl(descriptor, F_GETFD) >= 0 }

    @Test(
        "Slots are handed out up to the last and come back with the next generation",
        arguments: [EnginePreference.uring, .polling])
    func all(_ preference: EnginePreference) throws {
        let dataPlane = try DataPlane(.client(allowedSources: [], isOpaque: false), engine: preference)
        defer { dataPlane.stop() }
        var slots = SocketSlots(dataPlane, capacity: Limits.clientSocketSlots)
        for generation in 1...3 as ClosedRange<UInt16> {
            var served: [ServedSocket] = []
            for _ in 0..<Limits.clientSocketSlots {
                served.append(try #require(slots.attach(try Self.socket(), .link)))
            }
            #expect(Set(served.map(\.handle.slot)).count == Limits.clientSocketSlots)
            #expect(served.allSatisfy { $0.handle.generation == generation })
            let oneMore = slots.attach(try Self.socket(), .link)
            #expect(oneMore == nil)
            for socket in served { slots.detach(socket) }
            served = []
            #expect(Self.collect(&slots, dataPlane, until: 0))
        }
    }

    /// A data plane that never reads its mailbox lets go of nothing.
    @Test("A slot is used again, and its descriptor closed, only after its release")
    func release() throws {
        let dataPlane = try DataPlane(.client(allowedSources: [], isOpaque: false), engine: .polling)
        dataPlane.stop()
        var slots = SocketSlots(dataPlane, capacity: Limits.clientSocketSlots)
        let first = try #require(slots.attach(try Self.socket(), .link))
        let handle = first.handle
        let descriptor = first.socket.descriptor
        let port = first.socket.localAddress
        slots.detach(first)
        #expect(slots.closingCount == 1 && Self.isOpen(descriptor))
        let second = try #require(slots.attach(try Self.socket(), .link))
        #expect(second.handle.slot != handle.slot)

        slots.release(SocketHandle(slot: handle.slot, generation: handle.generation + 1))
        slots.release(second.handle)
        #expect(slots.closingCount == 1 && Self.isOpen(descriptor), "another's release is not its own")
        slots.release(handle)
        #expect(slots.closingCount == 0)
        let third = try #require(slots.attach(try Self.socket(), .link))
        #expect(third.handle == SocketHandle(slot: handle.slot, generation: handle.generation + 1))
        _ = port
    }

    @Test("A thousand come and go and leave no slot behind", arguments: [EnginePreference.uring, .polling])
    func thousand(_ preference: EnginePreference) throws {
        let dataPlane = try DataPlane(.client(allowedSources: [], isOpaque: false), engine: preference)
        defer { dataPlane.stop() }
        var slots = SocketSlots(dataPlane, capacity: Limits.clientSocketSlots)
        for cycle in 0..<1_000 {
            guard let served = slots.attach(try Self.socket(), .link) else {
                Issue.record("no slot is left in cycle \(cycle)")
                return
            }
            slots.detach(served)
            if slots.closingCount > Limits.clientSocketSlots / 2 {
                let isDone = Self.collect(&slots, dataPlane, until: 0)
                #expect(isDone)
            }
        }
        #expect(Self.collect(&slots, dataPlane, until: 0))
    }
}
