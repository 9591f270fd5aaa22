// SPDX-License-Identifier: GPL-2.0-or-later

import Glibc
import Sockets
import Support
import Testing

@testable import DataPlane

@Suite struct MailboxTests {
    private static func isReadable(_ descriptor: Int32, within milliseconds: Int32 = 0) -> Bool {
        var wanted = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&wanted, 1, milliseconds) == 1
    }

    private static func number(_ command: Command?) -> Int? {
        guard case .carry(let socket, let carries) = command else { return nil }
        return (Int(socket.generation) << 16 | Int(socket.slot)) * (carries ? 1 : -1)
    }

    private static func command(_ number: Int) -> Command {
        .carry(
            SocketHandle(
                slot: UInt16(truncatingIfNeeded: number), generation: UInt16(truncatingIfNeeded: number >> 16)
            ), true)
    }

    @Test("Commands come out in order, each once, and wake who waits")
    func order() throws {
        let mailbox = try Mailbox()
        let reader = mailbox.reader
        #expect(Self.number(reader.next()) == nil && !Self.isReadable(reader.descriptor))
        // More in all than the box holds, so that it goes round several times.
        var next = 0
        for round in 0..<Limits.commands {
            for number in 0..<(round % 7 + 1) { mailbox.post(Self.command(next + number)) }
            #expect(Self.isReadable(reader.descriptor))
            for _ in 0..<(round % 7 + 1) {
                #expect(Self.number(reader.next()) == next)
                next += 1
            }
            #expect(Self.number(reader.next()) == nil)
        }
        #expect(next > 3 * Limits.commands)
    }

    @Test("Every command keeps what it says")
    func values() throws {
        let mailbox = try Mailbox()
        let socket = SocketHandle(slot: 63, generation: 65_535)
        mailbox.post(.attach(socket, descriptor: 12, .upstream))
        mailbox.post(.carry(socket, false))
        mailbox.post(.detach(socket))
        mailbox.post(.stop)
        guard case .attach(socket, descriptor: 12, .upstream) = mailbox.reader.next(),
            case .carry(socket, false) = mailbox.reader.next(), case .detach(socket) = mailbox.reader.next(),
            case .stop = mailbox.reader.next()
        else {
            Issue.record("another command came out")
            return
        }
    }

    @Test("A full box makes the writer wait, and loses nothing")
    func full() throws {
        let mailbox = try Mailbox()
        let total = Limits.commands * 3
        let writer = try Thread { for number in 0..<total { mailbox.post(Self.command(number)) } }
        defer { writer.join() }
        let reader = mailbox.reader
        var expected = 0
        // Each wait is bounded, so that a lost wake-up fails instead of hanging.
        while expected < total, Self.isReadable(reader.descriptor, within: Patience.milliseconds) {
            var value: UInt64 = 0
            _ = read(reader.descriptor, &value, 8)
            if expected == 0 { usleep(20_000) }  // let the box fill up
            while let command = reader.next() {
                #expect(Self.number(command) == expected)
                expected += 1
            }
        }
        #expect(expected == total)
    }
}
