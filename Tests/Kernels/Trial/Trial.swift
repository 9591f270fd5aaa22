// SPDX-License-Identifier: GPL-2.0-or-later

import Glibc
import Support

/// Both programs and a WireGuard tunnel over three links, and what may happen to them. Each row it prints is one thing
/// that happened so many times.
final class Trial {
    /// Seconds a program may take from SIGTERM to its end.
    private static let stopSecondsMax = 3.0
    /// Seconds until a program that takes longer is killed.
    private static let patienceSeconds = 10.0
    private static let pingInterval = 0.01

    private(set) var faultCount = 0
    private let events: Int
    private let engine: String
    private let laboratory: Laboratory
    private let server: Engarde
    private let client: Engarde
    private var tunnel: WireGuardTunnel?
    private var pinger: Pinger?

    init(_ options: EngardeTrial) throws {
        events = options.events
        engine = options.engine
        laboratory = try Laboratory(links: 3)
        server = try Engarde(.server, path: options.server, in: laboratory, engine: engine)
        client = try Engarde(
            .client, path: options.client, in: laboratory, engine: engine, extra: Engarde.webManager)
    }

    // MARK: Start and stop

    /// Nothing has been sent, so that the data plane's threads sleep in their first wait.
    func stopIdle() throws { try stop("start and stop, idle") }

    /// Brings the tunnel up and lets pings flow until ``leave()``.
    func meet() throws {
        let tunnel = try WireGuardTunnel(laboratory, endpoint: "127.0.0.1:\(Laboratory.clientPort)")
        self.tunnel = tunnel
        try tunnel.waitUntilReady(seconds: 60)
        pinger = try Pinger(
            in: laboratory.client, to: WireGuardTunnel.serverAddress, interval: Self.pingInterval)
        try waitUntilAllCarry()
    }

    func stopUnderTraffic() throws { try stop("start and stop, traffic") }

    private func stop(_ name: String) throws {
        var slowest = 0.0
        var faults: [String] = []
        for _ in 0..<events {
            for engarde in [client, server] {
                let start = Monotonic.nanoseconds
                engarde.program.signal(SIGTERM)
                let status = try? engarde.program.waitForExit(seconds: Self.patienceSeconds)
                let seconds = Double(Monotonic.nanoseconds - start) / 1e9
                slowest = max(slowest, seconds)
                if status == nil {
                    faults.append("engarde-\(engarde.end) ran on")
                } else if status != .exited(0) || seconds > Self.stopSecondsMax {
                    faults.append("engarde-\(engarde.end): \(status!) after \(fixed(seconds)) s")
                } else if engarde.program.text(.error).contains("does not end") {
                    faults.append("engarde-\(engarde.end) left its data plane behind")
                }
                try engarde.restart()
            }
            if pinger != nil { try waitUntilAllCarry() }
            if faults.count > 1 { break }
        }
        row(name, "slowest stop \(fixed(slowest * 1_000)) ms", faults)
    }

    // MARK: Links

    func flap() throws {
        try happens("down and up") { link in
            try link.down()
            Monotonic.sleep(seconds: 0.1)
            try link.up()
        }
    }

    func changeAddresses() throws {
        try happens("another address") { link in try link.changeAddress() }
    }

    func exclude() throws {
        try happens("excluded and included") { link in
            for change in ["exclude", "include"] {
                try httpPost(
                    "/api/v1/\(change)", #"{"interface":"\#(link.name)"}"#, port: Engarde.webPort,
                    in: laboratory.client, seconds: 20)
                Monotonic.sleep(seconds: 0.1)
            }
        }
    }

    /// Does it to one link after another, each time until that link carries again.
    private func happens(_ name: String, _ act: (LaboratoryLink) throws -> Void) throws {
        guard let pinger else { return }
        var faults: [String] = []
        let sockets = try socketCounts()
        let start = pinger.mark()
        var slowest = 0.0
        for event in 0..<events {
            let link = laboratory.links[event % laboratory.links.count]
            try act(link)
            do {
                slowest = max(slowest, try laboratory.waitUntilCarrying(link, seconds: 30))
            } catch let failure as LaboratoryFailure {
                faults.append("\(failure)")
                break
            }
        }
        let end = pinger.mark()
        Monotonic.sleep(seconds: 1)
        let tally = pinger.tally(from: start, to: end)
        if tally.lost > 0 { faults.append("\(tally.lost) pings lost") }
        // A socket that something still holds is bound for as long.
        let isTidy = try Monotonic.wait(seconds: 20) { try socketCounts() == sockets }
        if !isTidy { faults.append("sockets (client, server) were \(sockets) and are \(try socketCounts())") }
        row(name, "\(tally.lost) of \(tally.sent) pings lost, carries again within \(fixed(slowest, 0)) ms", faults)
    }

    private func waitUntilAllCarry() throws {
        for link in laboratory.links { try laboratory.waitUntilCarrying(link, seconds: 60) }
    }

    private func socketCounts() throws -> [Int] {
        try [laboratory.client, laboratory.server].map { try $0.udpSockets().count }
    }

    // MARK: -

    func leave() throws {
        pinger?.stop()
        tunnel?.stop()
        for engarde in [client, server] {
            let status = engarde.stop()
            if status != .exited(0) { row("end", "", ["engarde-\(engarde.end): \(status?.description ?? "none")"]) }
        }
    }

    private func row(_ name: String, _ figures: String, _ faults: [String]) {
        faultCount += faults.count
        print("  \(padded(engine, 9)) \(padded(name, 23)) \(events) ×  \(faults.isEmpty ? "ok " : "BAD") \(figures)")
        for fault in faults { print("            \(fault)") }
        fflush(nil)
    }
}
