// SPDX-License-Identifier: GPL-2.0-or-later

import Status

extension StatusReport {
    /// - Parameter showsAll: also interfaces that are no links.
    init(_ status: ClientStatus, showsAll: Bool = false) {
        let good = status.expectedLinks.filter(\.state.delivers)
        let count = status.expectedLinkCount
        let tunnel = Self.tunnel(status)
        verdict = !tunnel.isUp ? .down : good.count < count ? .fewer : .good
        let program = status.program
        let head = [
            tunnel.words, "\(good.count) of \(count) \(count == 1 ? "link" : "links")", "server \(program.destination)",
            program.engine.prefix { $0 != " " }.description, "running \(Words.duration(program.uptimeSeconds))",
        ]
        lines = [head.joined(separator: " · ")]
        let shown = status.links.filter { showsAll || $0.isExpected || $0.state.isInFanOut || $0.isExcluded }
        links = shown.map(\.name)
        guard !shown.isEmpty || !status.missingLinks.isEmpty else {
            lines.append("no link: engarde check says why each interface is none")
            return
        }
        var table = TextTable(["LINK"] + Self.cellHeadings)
        for link in shown { table.add(Self.row(link)) }
        for name in status.missingLinks {
            table.add([name, "missing"] + Array(repeating: Words.nothing, count: 5) + ["there is no such interface now"])
        }
        lines += table.lines
    }

    private static func tunnel(_ status: ClientStatus) -> (isUp: Bool, words: String) {
        guard status.links.contains(where: { $0.state.isInFanOut }) else { return (false, "tunnel down: no link carries") }
        guard status.wireGuardLastReceivedSeconds != nil else {
            return (false, "tunnel down: WireGuard has sent nothing to \(status.program.listenAddress) yet")
        }
        guard let silence = status.serverLastReceivedSeconds else {
            return (false, "tunnel down: nothing has come from the server yet")
        }
        // Of other traffic it is not known when it has to come.
        guard silence <= ProgramStatus.silenceLimitSeconds || status.program.protocolName == "opaque" else {
            return (false, "tunnel down: nothing from the server for \(Words.age(silence))")
        }
        return (true, "tunnel up")
    }

    private static func row(_ link: LinkStatus) -> [String] {
        let fragments = link.fragmentedDatagrams == 0 ? "" : "\(link.fragmentedDatagrams) datagrams sent in fragments"
        let single =
            link.segmentationRefusal.isEmpty ? "" : "segmentation offload is refused: \(link.segmentationRefusal)"
        let reason = [link.reason, link.warning, fragments, single].filter { !$0.isEmpty }.joined(separator: "; ")
        let name = link.label.isEmpty ? link.name : "\(link.name) (\(link.label))"
        return [name] + cells(link.state, seconds: link.stateSeconds, link.quality, reason: reason)
    }
}
