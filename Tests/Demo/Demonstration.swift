// SPDX-License-Identifier: GPL-2.0-or-later

import Glibc
import Support

/// Builds the two machines, lets traffic flow, makes the weather, and says what the tunnel felt.
final class Demonstration {
    /// One phase with what was counted in it.
    private struct Record {
        var name: String
        var links: String
        var start: PingMark
        var end: PingMark
        var rate: Double?
    }

    /// Time for the last pings of a phase to come home before they are called lost.
    private static let settleSeconds = 0.3

    private let options: EngardeDemo
    private let pages: [Int32]
    private let laboratory: Laboratory
    private let table = Table()
    private var records: [Record] = []
    /// Living links over which nothing came, with the phase.
    private var idle: [String] = []
    private var slowestReturn = 0.0

    /// - Parameter pages: as ``Pages/open()`` gives them.
    init(_ options: EngardeDemo, _ pages: [Int32]) throws {
        self.options = options
        self.pages = pages
        laboratory = try Laboratory(links: 3)
    }

    /// True when nothing was lost and every living link carried.
    func run() throws -> Bool {
        let server = try Engarde(
            .server, path: options.server, in: laboratory, engine: options.engine, extra: Engarde.webManager)
        let client = try Engarde(
            .client, path: options.client, in: laboratory, engine: options.engine, extra: Engarde.webManager)
        let tunnel = try WireGuardTunnel(laboratory, endpoint: "127.0.0.1:\(Laboratory.clientPort)")
        defer { tunnel.stop() }
        table.head(
            """
            engarde demo: one real WireGuard tunnel over three links that come and go

              machines   two network namespaces of this run, joined by the links c1, c2 and c3
              WireGuard  \(tunnel.kind) on both ends, MTU \(WireGuardTunnel.mtu)
              engarde    client and server, engine \(options.engine)
              watch it   \(Pages.lead(pages, to: [client, server]))
              traffic    a ping every \(fixed(options.pingsInterval * 1_000)) ms\(trafficNote)

            """)
        do {
            try tunnel.waitUntilReady()
            return try observe(tunnel, client: client, server: server)
        } catch let failure as LaboratoryFailure {
            throw LaboratoryFailure("\(failure)\n\(lastWords(client))\n\(lastWords(server))")
        }
    }

    private var trafficNote: String {
        guard options.rate > 0 else { return "" }
        return """
            , and one TCP stream (iperf3) held to \(options.rate) Mbit/s:
                         at full speed wireguard-go drops from its own short queue
            """
    }

    private func observe(_ tunnel: WireGuardTunnel, client: Engarde, server: Engarde) throws -> Bool {
        let seconds = Int(Double(Phase.all.count) * (options.phaseSeconds + 5)) + 30
        let pinger = try Pinger(
            in: laboratory.client, to: WireGuardTunnel.serverAddress, interval: options.pingsInterval)
        defer { pinger.stop() }
        var iperf: Iperf?
        if options.rate > 0 {
            iperf = try Iperf(
                from: laboratory.client, to: laboratory.server, address: WireGuardTunnel.serverAddress,
                megabits: options.rate, seconds: seconds)
        }
        defer { _ = iperf?.stop() }
        // The first pings find neighbours to resolve and a TCP stream that starts.
        for link in laboratory.links { try laboratory.waitUntilCarrying(link, seconds: 10) }

        let start = pinger.mark()
        let began = Monotonic.nanoseconds
        var mark = start
        for phase in Phase.all {
            mark = try run(phase, from: mark, pinger: pinger, iperf: iperf)
            for engarde in [client, server] where engarde.program.status != nil {
                throw LaboratoryFailure("engarde-\(engarde.end) ended by itself: \(engarde.program.status!)")
            }
        }
        let ran = Double(Monotonic.nanoseconds - began) / 1e9
        Monotonic.sleep(seconds: Self.settleSeconds)
        return try summarise(
            total: pinger.tally(from: start, to: mark), seconds: ran, pinger: pinger, iperf: iperf, tunnel: tunnel,
            client: client, server: server)
    }

    private func run(_ phase: Phase, from start: PingMark, pinger: Pinger, iperf: Iperf?) throws -> PingMark {
        let end = Monotonic.deadline(seconds: options.phaseSeconds)
        let ratesBefore = iperf?.rates.count ?? 0
        func row(_ mark: PingMark, final: Bool) -> Record {
            let rates = iperf?.rates.dropFirst(ratesBefore) ?? []
            let record = Record(
                name: phase.name, links: laboratory.links.map { $0.isAlive ? $0.name : "--" }.joined(separator: " "),
                start: start, end: mark, rate: rates.isEmpty ? nil : rates.reduce(0, +) / Double(rates.count))
            var tally = pinger.tally(from: record.start, to: record.end)
            // While it runs, the newest pings are on their way, not lost.
            if !final { tally.lost = pinger.tally(from: start, to: pinger.mark(secondsAgo: Self.settleSeconds)).lost }
            table.row(record.name, record.links, tally, record.rate, final: final)
            return record
        }

        for link in laboratory.links where !link.isAlive || link.lossPercent > 0 {
            try link.restore()
            slowestReturn = max(slowestReturn, try laboratory.waitUntilCarrying(link))
        }
        try phase.act(laboratory.links)
        let living = laboratory.alive
        let before = try living.map { try counts($0) }
        repeat {
            _ = row(pinger.mark(), final: false)
            Monotonic.sleep(until: min(end, Monotonic.deadline(seconds: 0.2)))
        } while Monotonic.nanoseconds < end
        let mark = pinger.mark()
        Monotonic.sleep(seconds: Self.settleSeconds)
        records.append(row(mark, final: true))
        for (link, before) in zip(living, before) {
            let now = try counts(link)
            if now.up == before.up { idle.append("\(link.name) carried nothing to the server in \"\(phase.name)\"") }
            if now.down == before.down { idle.append("\(link.name) carried nothing back in \"\(phase.name)\"") }
        }
        return mark
    }

    private func counts(_ link: LaboratoryLink) throws -> (up: Int, down: Int) {
        (try laboratory.received(link, .server), try laboratory.received(link, .client))
    }

    private func summarise(
        total: PingTally, seconds: Double, pinger: Pinger, iperf: Iperf?, tunnel: WireGuardTunnel, client: Engarde,
        server: Engarde
    ) throws -> Bool {
        let stream = iperf?.stop()
        var lines = ["", "summary"]
        lines.append(
            """
              pings    \(total.sent) sent in \(fixed(seconds)) s, \(total.lost) lost, longest gap \
            \(fixed(total.longestGapMilliseconds)) ms
            """)
        if let stream {
            lines.append(
                """
                  TCP      \(fixed(stream.megabitsPerSecond)) Mbit/s over all phases, \
                \(stream.retransmissions) retransmissions
                """)
        }
        lines.append("  links    a link that came back carried again within \(fixed(slowestReturn, 0)) ms")
        lines.append(
            """
              engarde  processor time: client \(fixed(client.program.processorSeconds)) s, \
            server \(fixed(server.program.processorSeconds)) s
            """)
        let queues = [("client", tunnel.client), ("server", tunnel.server)]
        for (name, end) in queues where try end.drops() > 0 {
            lines.append(
                """
                  note     the machine was busy: WireGuard's own socket on the \(name) dropped \(try end.drops()) \
                datagrams
                """)
        }
        var faults = idle
        for record in records {
            let lost = pinger.tally(from: record.start, to: record.end).lost
            if lost > 0 { faults.append("\(lost) pings lost in \"\(record.name)\"") }
        }
        if total.sent == 0 { faults.append("no ping was sent: \(pinger.complaints)") }
        if options.rate > 0 && stream == nil { faults.append("the TCP stream broke") }
        for engarde in [client, server] {
            let status = engarde.stop()
            if status != .exited(0) {
                faults.append("engarde-\(engarde.end) ended with \(status?.description ?? "nothing") when asked to")
            }
        }
        if !pinger.complaints.isEmpty { lines.append("  ping     complained: \(pinger.complaints)") }
        lines += faults.map { "  fault    \($0)" }
        lines.append(
            faults.isEmpty
                ? "  verdict  nothing was lost: at every moment at least one link lived, and that was enough"
                : "  verdict  not good enough; the last words of both programs follow")
        if !faults.isEmpty { lines += [lastWords(client), lastWords(server)] }
        table.foot(lines)
        return faults.isEmpty
    }

    private func lastWords(_ engarde: Engarde) -> String {
        "engarde-\(engarde.end) said last:\n"
            + engarde.program.lines.suffix(15).map { "    \($0.text)" }.joined(separator: "\n")
    }
}
