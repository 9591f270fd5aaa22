// SPDX-License-Identifier: GPL-2.0-or-later

import Support
import Testing

/// A laboratory with both programs running in it.
final class Rig {
    let laboratory: Laboratory
    let server: Engarde
    let client: Engarde

    init(
        _ engine: Engine, links: [[Laboratory.Family]] = [[.v4], [.v4], [.v4]], emulated: Set<Int> = [],
        destination: String? = nil, isOpaque: Bool = false, extra: String = "", serverExtra: String = "",
        neighbourQueueBytes: Int? = 16_384
    ) throws {
        let disguise = isOpaque ? "  protocol: opaque\n" : ""
        laboratory = try Laboratory(links: links, emulated: emulated, neighbourQueueBytes: neighbourQueueBytes)
        server = try Engarde(
            .server, path: Self.path(.server), in: laboratory, engine: engine.rawValue,
            extra: disguise + serverExtra)
        client = try Engarde(
            .client, path: Self.path(.client), in: laboratory, engine: engine.rawValue, destination: destination,
            extra: disguise + extra)
    }

    var links: [LaboratoryLink] { laboratory.links }

    /// The build puts the program beside the tests; ENGARDE_PROGRAMS names another folder, such as that of an optimised
    /// build.
    static func path(_ end: Engarde.End) -> String {
        Environment.engarde(
            "engarde-\(end.rawValue)", in: Environment.value("ENGARDE_PROGRAMS") ?? Environment.executableFolder)
    }

    func tunnel() throws -> WireGuardTunnel {
        let tunnel = try WireGuardTunnel(laboratory, endpoint: "127.0.0.1:\(Laboratory.clientPort)")
        try tunnel.waitUntilReady()
        return tunnel
    }

    /// Stands in for the client's WireGuard.
    func source() throws -> UDPEnd {
        try UDPEnd(in: laboratory.client, at: "127.0.0.1", connectedTo: ("127.0.0.1", Laboratory.clientPort))
    }

    /// Stands in for the server's WireGuard.
    func sink(echo: Bool = false) throws -> UDPEnd {
        try UDPEnd(in: laboratory.server, at: "127.0.0.1", port: Laboratory.wireGuardPort, echo: echo)
    }

    /// Lets datagrams flow until every living link, or each of `links`, has carried some.
    ///
    /// - Parameter first: the number of the first, the others counting on; nil numbers none of them.
    func warmUp(
        _ source: UDPEnd, _ sink: UDPEnd, over links: [LaboratoryLink]? = nil, numbered first: UInt64? = nil,
        seconds: Double = Patience.seconds
    ) throws {
        let links = links ?? laboratory.alive
        let before = try links.map { try laboratory.received($0, .server) }
        var number = first
        let warm = try Monotonic.wait(seconds: seconds) {
            source.send(LoadDatagram.make(number: number ?? .max, size: 100, nanoseconds: 0))
            number? += 1
            return try zip(links, before).allSatisfy { try laboratory.received($0, .server) > $1 + 3 }
        }
        try #require(warm, "some link never carried: \(client.program.text(.error))")
        _ = sink.wait(seconds: 0.1) { _ in false }
        sink.forget()
        source.forget()
    }

    /// How many of a load's datagrams `source` was answered.
    func answers(_ source: UDPEnd, first: UInt64 = 0, to report: UDPReport) -> Int {
        Set(source.arrivals.compactMap(\.number)).filter { $0 >= first && $0 - first < UInt64(report.sent) }.count
    }

    /// Local ports of the client's link sockets.
    func linkPorts() throws -> Set<Int> {
        Set(try laboratory.client.udpSockets().filter { $0.remotePort == Laboratory.serverPort }.map(\.port))
    }

    /// What both programs said last, for a failure's comment.
    var words: Comment {
        Comment(
            rawValue: [client, server].map { engarde in
                "engarde-\(engarde.end)\(engarde.program.status.map { ", ended with \($0)" } ?? ""):\n"
                    + engarde.program.lines.suffix(8).map(\.text).joined(separator: "\n")
            }.joined(separator: "\n"))
    }
}
