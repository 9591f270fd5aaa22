// SPDX-License-Identifier: GPL-2.0-or-later

import Glibc
import Support

/// The demonstration's words: rows that fill while their phase runs when a terminal looks on, whole rows otherwise.
final class Table {
    private let terminal = isatty(STDOUT_FILENO) == 1

    func head(_ text: String) {
        print(text)
        print(line("phase", "links that carry", "pings sent", "lost", "longest gap", "TCP"))
        fflush(nil)
    }

    func row(_ name: String, _ links: String, _ tally: PingTally, _ rate: Double?, final: Bool) {
        guard terminal || final else { return }
        let text = line(
            name, links, "\(tally.sent)", "\(tally.lost)", "\(fixed(tally.longestGapMilliseconds)) ms",
            rate.map { "\(fixed($0)) Mbit/s" } ?? "")
        print(terminal ? "\r\u{1b}[K\(text)" : text, terminator: final ? "\n" : "")
        fflush(nil)
    }

    func foot(_ lines: [String]) { print(lines.joined(separator: "\n")) }

    private func line(_ cells: String...) -> String {
        let widths = [27, 16, 12, 6, 13, 13]
        return zip(cells, widths).enumerated().map { index, cell in
            padded(cell.0, cell.1, left: index < 2)
        }.reduce("  ", +)
    }
}
