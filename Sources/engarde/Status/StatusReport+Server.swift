// SPDX-License-Identifier: GPL-2.0-or-later

import Status

extension StatusReport {
    /// - Parameter names: the clients' own, by the local port toward WireGuard.
    init(_ status: ServerStatus, names: [UInt16: String] = [:]) {
        let proven = status.sessions.filter(\.isProven)
        let isUp = proven.contains { $0.lastReceivedSeconds <= ProgramStatus.silenceLimitSeconds }
        let paths = proven.flatMap(\.paths)
        let good = paths.filter(\.state.delivers)
        verdict = !isUp ? .down : good.count < paths.count ? .fewer : .good
        let program = status.program
        let head = [
            proven.isEmpty ? "no client" : "\(proven.count) \(proven.count == 1 ? "client" : "clients")",
            "\(good.count) of \(paths.count) \(paths.count == 1 ? "path" : "paths")",
            "WireGuard \(status.wireGuardAddress.isEmpty ? "\(program.destination), not resolved" : status.wireGuardAddress)",
            program.engine.prefix { $0 != " " }.description, "running \(Words.duration(program.uptimeSeconds))",
        ]
        lines = [head.joined(separator: " · ")]
        guard !paths.isEmpty else { return }
        var table = TextTable(["CLIENT", "PATH"] + Self.cellHeadings)
        for session in proven {
            for path in session.paths { table.add(Self.row(session, names[session.upstreamPort], path)) }
        }
        lines += table.lines
    }

    /// A client is named by its bundle, else by its number and the port `wg show` shows as its endpoint's.
    private static func row(_ session: SessionStatus, _ name: String?, _ path: PathStatus) -> [String] {
        let number = session.upstreamPort == 0 ? "\(session.number)" : "\(session.number) (port \(session.upstreamPort))"
        return [name ?? number, path.address]
            + cells(path.state, seconds: path.stateSeconds, path.quality, reason: path.reason)
    }
}
