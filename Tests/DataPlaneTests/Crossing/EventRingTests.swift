// SPDX-License-Identifier: GPL-2.0-or-later

import Glibc
import Testing

@testable import DataPlane

@Suite struct EventRingTests {
    private static func isReadable(_ ring: EventRing) -> Bool {
        var descriptor = pollfd(fd: ring.descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&descriptor, 1, 0) == 1
    }

    @Test("Events come in the order they were posted, and wake the reader once until it looks")
    func order() throws {
        let ring = try EventRing()
        #expect(!Self.isReadable(ring) && ring.next() == nil)
        for slot in 0..<3 as Range<UInt16> { ring.writer.post(.retired(slot: slot)) }
        #expect(Self.isReadable(ring))
        ring.acknowledge()
        #expect(!Self.isReadable(ring))
        for slot in 0..<3 as Range<UInt16> { #expect(ring.next() == .retired(slot: slot)) }
        #expect(ring.next() == nil)
        ring.writer.post(.traffic)
        #expect(Self.isReadable(ring), "what comes after it looked wakes it again")
    }

    @Test("A reader far behind misses changes of paths, but no socket, and the ring goes round")
    func full() throws {
        let ring = try EventRing()
        for _ in 0..<3 {
            for _ in 0..<Limits.events { ring.writer.postIfRoom(.pathsChanged) }
            for slot in 0..<UInt16(Limits.socketSlots) {
                ring.writer.post(.released(SocketHandle(slot: slot, generation: 1)))
            }
            var paths = 0
            var sockets: [UInt16] = []
            while let event = ring.next() {
                if case .released(let socket) = event { sockets.append(socket.slot) } else { paths += 1 }
            }
            #expect(sockets == (0..<UInt16(Limits.socketSlots)).map { $0 })
            #expect(paths == Limits.events - Limits.reservedEvents)
        }
    }
}
