// SPDX-License-Identifier: GPL-2.0-or-later

import Status
import Testing

@testable import engarde

@Suite struct StatusReportTests {
    private static func link(_ name: String, _ state: CarryingState, isExpected: Bool = true) -> LinkStatus {
        var link = LinkStatus(name: name, state: state)
        link.isExpected = isExpected
        link.stateSeconds = 260_000
        return link
    }

    private static func client(_ links: [LinkStatus]) -> ClientStatus {
        var program = ProgramStatus(
            version: "1", description: "", listenAddress: "127.0.0.1:59401", destination: "203.0.113.7:59501",
            protocolName: "wireguard", engine: "io_uring (deferred task run, single issuer)")
        program.uptimeSeconds = 3 * 86_400 + 4 * 3_600
        var status = ClientStatus(program: program)
        status.links = links
        status.wireGuardLastReceivedSeconds = 1
        status.serverLastReceivedSeconds = 1
        return status
    }

    @Test func linksAreATable() {
        var eth0 = Self.link("eth0", .carrying)
        eth0.quality.lastMinute.lossPercent = 0.08
        eth0.quality.lastMinute.delayP50Milliseconds = 0
        eth0.quality.lastMinute.winPercent = 94
        eth0.quality.last10Seconds.sentBitsPerSecond = 1_240_000
        eth0.quality.last10Seconds.receivedBitsPerSecond = 8_100_000
        var wwan0 = Self.link("wwan0", .silent)
        wwan0.reason = "brings nothing while others deliver"
        wwan0.fragmentedDatagrams = 7
        wwan0.segmentationRefusal = "Input/output error"
        wwan0.stateSeconds = 250
        let report = StatusReport(Self.client([eth0, wwan0, Self.link("lo", .idle, isExpected: false)]))
        #expect(
            report.lines == [
                "tunnel up · 1 of 2 links · server 203.0.113.7:59501 · io_uring · running 3 d 4 h",
                "LINK   STATE     LOSS 1m  BEHIND  WINS  RATE ↑ ↓        SINCE  REASON",
                "eth0   carrying  0.1 %    0 ms    94 %  1.2 / 8.1 Mb/s  3 d",
                "wwan0  silent    –        –       –     0               4 min  brings nothing while others deliver; 7 datagrams sent in fragments; segmentation offload is refused: Input/output error",
            ])
        #expect(report.verdict == .fewer && report.links == ["eth0", "wwan0"])
    }

    @Test func allLinksCarryIsGood() {
        let links = [Self.link("eth0", .carrying), Self.link("wwan0", .recovering)]
        #expect(StatusReport(Self.client(links)).verdict == .good)
    }

    /// Nobody counts on what is excluded, nor on a port that never had a cable.
    @Test func onlyExpectedLinksCount() {
        var excluded = Self.link("wlan0", .excluded, isExpected: false)
        excluded.isExcluded = true
        let report = StatusReport(
            Self.client([Self.link("eth0", .carrying), excluded, Self.link("eth1", .idle, isExpected: false)]))
        #expect(report.verdict == .good)
        #expect(report.links == ["eth0", "wlan0"])
    }

    @Test func aMissingLinkCounts() {
        var status = Self.client([Self.link("eth0", .carrying)])
        status.missingLinks = ["wwan0"]
        let report = StatusReport(status)
        #expect(report.verdict == .fewer)
        #expect(report.lines.last?.hasPrefix("wwan0  missing") == true)
    }

    @Test func aTunnelIsDownForAReason() {
        let idle = Self.client([Self.link("eth0", .idle)])
        #expect(StatusReport(idle).lines[0].hasPrefix("tunnel down: no link carries · 0 of 1 link · "))
        var unheard = Self.client([Self.link("eth0", .carrying)])
        unheard.serverLastReceivedSeconds = nil
        #expect(StatusReport(unheard).lines[0].hasPrefix("tunnel down: nothing has come from the server yet · "))
        var silent = Self.client([Self.link("eth0", .carrying)])
        silent.serverLastReceivedSeconds = 200
        #expect(StatusReport(silent).lines[0].hasPrefix("tunnel down: nothing from the server for 3 min · "))
        silent.program.protocolName = "opaque"
        #expect(StatusReport(silent).verdict == .good)
        var unused = Self.client([Self.link("eth0", .carrying)])
        unused.wireGuardLastReceivedSeconds = nil
        #expect(StatusReport(unused).lines[0].contains("WireGuard has sent nothing to 127.0.0.1:59401 yet"))
        for status in [idle, unheard, unused] { #expect(StatusReport(status).verdict == .down) }
    }

    @Test func aServerShowsItsClientsPaths() {
        var session = SessionStatus(id: 7)
        (session.number, session.isProven, session.upstreamPort) = (1, true, 40_001)
        session.paths = [
            PathStatus(address: "192.0.2.1:5000", state: .carrying), PathStatus(address: "[2001:db8::1]:5000", state: .silent),
        ]
        var status = ServerStatus(
            program: ProgramStatus(
                version: "1", description: "", listenAddress: ":59501", destination: "127.0.0.1:51820",
                protocolName: "wireguard", engine: "polling (epoll)"))
        status.wireGuardAddress = "127.0.0.1:51820"
        #expect(StatusReport(status).verdict == .down)
        status.sessions = [session, SessionStatus(id: 8)]
        let report = StatusReport(status)
        #expect(report.verdict == .fewer)
        #expect(report.lines[0] == "1 client · 1 of 2 paths · WireGuard 127.0.0.1:51820 · polling · running 0 s")
        #expect(report.lines[2].hasPrefix("1 (port 40001)  192.0.2.1:5000      carrying"))
        #expect(report.lines.count == 4)
        #expect(StatusReport(status, names: [40_001: "van"]).lines[2].hasPrefix("van     192.0.2.1:5000      carrying"))
    }

    @Test func figuresAreReadable() {
        #expect([0, 119, 120, 7_199, 7_200, 200_000].map { Words.age($0) } == ["0 s", "119 s", "2 min", "119 min", "2 h", "2 d"])
        #expect([59, 61, 3_700, 90_000].map { Words.duration($0) } == ["59 s", "1 min 1 s", "1 h 1 min", "1 d 1 h"])
        #expect(Words.rates(0, 0) == "0" && Words.rates(999, 1) == "999.0 / 1.0 b/s")
        #expect(Words.rates(2_000, 3_500_000_000) == "0.0 / 3.5 Gb/s")
        #expect([nil, 0, 0.04, 1.26, 12.6].map { Words.milliseconds($0) } == ["–", "0 ms", "0 ms", "1.3 ms", "13 ms"])
        #expect(Words.percent(99.96, digits: 1) == "100.0 %" && Words.percent(nil) == "–")
    }
}
