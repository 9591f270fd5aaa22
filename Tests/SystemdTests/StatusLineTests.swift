// SPDX-License-Identifier: GPL-2.0-or-later

import Status
import Testing

@testable import Systemd

@Suite struct StatusLineTests {
    private static let program = ProgramStatus(
        version: "1", description: "", listenAddress: "127.0.0.1:59401", destination: "192.0.2.1:59501",
        protocolName: "wireguard", engine: "io_uring")

    private static func link(_ name: String, _ state: CarryingState, first: Int = 0, isExpected: Bool = true)
        -> LinkStatus
    {
        var link = LinkStatus(name: name, state: state)
        link.isExpected = isExpected
        link.quality.lastMinute.firstDatagrams = first
        return link
    }

    @Test("A client's links that deliver, of those that ought to, and the one that is first most often")
    func client() {
        var status = ClientStatus(program: Self.program)
        #expect(StatusLine.words(status) == "0/0 links")
        status.links = [Self.link("lo", .idle, isExpected: false), Self.link("eth0", .carrying)]
        #expect(StatusLine.words(status) == "1/1 link")
        status.links.append(Self.link("wwan0", .carrying, first: 7))
        #expect(StatusLine.words(status) == "2/2 links, best wwan0")
        status.links[1].quality.lastMinute.firstDatagrams = 8
        #expect(StatusLine.words(status) == "2/2 links, best eth0")
        status.links[1].state = .silent
        status.missingLinks = ["usb0"]
        #expect(StatusLine.words(status) == "1/3 links, best wwan0")
    }

    @Test("A server's proven sessions, and the paths of them that deliver")
    func server() {
        var status = ServerStatus(program: Self.program)
        #expect(StatusLine.words(status) == "0 sessions, 0 paths")
        var session = SessionStatus(id: 1)
        session.paths = [PathStatus(address: "192.0.2.2:1", state: .carrying)]
        status.sessions = [session]
        #expect(StatusLine.words(status) == "0 sessions, 0 paths", "not proven")
        status.sessions[0].isProven = true
        #expect(StatusLine.words(status) == "1 session, 1 path")
        session.isProven = true
        session.paths += [
            PathStatus(address: "192.0.2.3:1", state: .recovering), PathStatus(address: "192.0.2.4:1", state: .silent),
        ]
        status.sessions.append(session)
        #expect(StatusLine.words(status) == "2 sessions, 3 paths")
    }
}
