// SPDX-License-Identifier: GPL-2.0-or-later

import Support
import Testing

@testable import Systemd

@Suite struct NotifySocketTests {
    @Test("Assignments arrive as one message, at a path and in the abstract namespace")
    func arrives() throws {
        let folder = try TemporaryFolder()
        for place in ["\(folder.path)/notify", "@\(folder.path)/notify"] {
            let listener = try NotifyListener(place)
            let socket = try #require(NotifySocket(place: place))
            #expect(socket.send("READY=1", "STATUS=2/2 links, best eth0"))
            #expect(socket.send("WATCHDOG=1"))
            #expect(listener.all() == ["READY=1\nSTATUS=2/2 links, best eth0", "WATCHDOG=1"], "\(place)")
        }
    }

    @Test("Where nobody listens it is known, and nothing else happens")
    func nobody() throws {
        let folder = try TemporaryFolder()
        #expect(NotifySocket(place: "\(folder.path)/notify")?.send("READY=1") == false)
        #expect(NotifySocket(place: "@\(folder.path)/notify")?.send("READY=1") == false)
    }

    @Test("A manager that takes nothing more does not hold anybody up")
    func full() throws {
        let folder = try TemporaryFolder()
        let listener = try NotifyListener(in: folder)
        let socket = try #require(NotifySocket(place: listener.place))
        // net.unix.max_dgram_qlen, 512 on some machines.
        #expect((0..<100_000).contains { _ in !socket.send("WATCHDOG=1") })
    }

    @Test(
        "Another kind of place is none",
        arguments: ["", "@", "/", "notify", "vsock:2:1234", "/" + String(repeating: "x", count: 107)])
    func refused(_ place: String) { #expect(NotifySocket(place: place) == nil) }

    @Test("The longest path there is")
    func longest() { #expect(NotifySocket(place: "/" + String(repeating: "x", count: 106)) != nil) }
}
