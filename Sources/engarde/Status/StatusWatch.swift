// SPDX-License-Identifier: GPL-2.0-or-later

import ControlClient
import Glibc
import Status

/// `engarde status --watch`: looks again and again, until `q`, Ctrl-C or a signal.
struct StatusWatch {
    let paths: [String]
    /// Seconds between two looks.
    let interval: Double
    let showsAll: Bool

    func run() async throws {
        guard isatty(0) == 1, isatty(1) == 1 else { return try await runPlain() }
        let terminal = Terminal()
        defer { terminal.restore() }
        var message = ""
        while true {
            let (lines, links) = await look()
            let keys = links.isEmpty ? "" : "1–\(min(9, links.count)) exclude or include a link · r as the file says · "
            terminal.draw(lines + ["", "\(keys)q quit", message])
            switch terminal.key(seconds: interval) {
            case "q", "\u{3}", "\u{4}": return
            case "r": message = await ask(.reset, on: links.first?.path)
            case let key?:
                guard let number = Int(String(key)), number > 0, number <= links.count else { continue }
                let link = links[number - 1]
                message = await ask(
                    link.isExcluded ? .include(link.name) : .exclude(link.name, force: false), on: link.path)
            case nil: break
            }
        }
    }

    /// For a pipe or a file: a report each time, with a blank line between two.
    private func runPlain() async throws {
        var isFirst = true
        while true {
            if !isFirst { print("") }
            isFirst = false
            for line in await look().lines { print(line) }
            if fflush(nil) != 0 { return }
            try await Task.sleep(for: .seconds(interval))
        }
    }

    private struct Row {
        var name: String
        var isExcluded: Bool
        var path: String
    }

    /// Returns the programs' present reports, and the client's links in the order of their numbers.
    private func look() async -> (lines: [String], links: [Row]) {
        var (lines, rows): ([String], [Row]) = ([], [])
        for path in paths {
            if !lines.isEmpty { lines.append("") }
            do throws(ControlFailure) {
                let status = try await ControlClient(path: path).status()
                let report = await StatusReport(status, showsAll: showsAll)
                lines += report.lines
                if case .client(let client, _) = status {
                    rows += report.links.map { name in
                        Row(name: name, isExcluded: client.links.contains { $0.name == name && $0.isExcluded }, path: path)
                    }
                }
            } catch {
                lines.append(error.description)
            }
        }
        return (lines, rows)
    }

    /// Asks for a change. Returns why it was refused; empty when it was not.
    private func ask(_ change: ExclusionChange, on path: String?) async -> String {
        guard let path else { return "" }
        do throws(ControlFailure) {
            try await ControlClient(path: path).change(change)
            return ""
        } catch { return error.description }
    }
}
