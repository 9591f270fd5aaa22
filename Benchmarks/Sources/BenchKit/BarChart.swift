// SPDX-License-Identifier: GPL-2.0-or-later

internal import Support

/// Grouped bars with the spread of their repetitions, as SVG.
///
///     ▲      ┬
///     │  █   █
///     │ ██  ██
///     └──────────►  a group a case, a bar a variant
struct BarChart {
    struct Bar {
        var series: Int
        var spread: Spread
    }

    struct Group {
        var label: String
        var bars: [Bar]
    }

    var title: String
    /// What is drawn and its unit; stands above the axis.
    var unit: String
    var series: [String]
    var groups: [Group]

    private static let width = 860.0
    private static let height = 400.0
    private static let left = 80.0
    private static let top = 70.0
    private static let bottom = 50.0
    /// Distinguishable without colour vision (Okabe and Ito).
    private static let colours = ["#999999", "#E69F00", "#0072B2", "#009E73", "#CC79A7", "#D55E00"]

    /// The whole file; an empty chart says so.
    var svg: String {
        let most = groups.flatMap(\.bars).map(\.spread.most).max() ?? 1
        let step = Self.step(most)
        let end = (most / step).rounded(.up) * step
        let plotHeight = Self.height - Self.top - Self.bottom
        func y(_ value: Double) -> Double { Self.top + plotHeight * (1 - value / max(end, step)) }
        var parts = [
            """
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(fixed(Self.width, 0)) \(fixed(Self.height, 0))" \
            font-family="sans-serif" font-size="12" fill="#222">
            <rect width="100%" height="100%" fill="#fff"/>
            \(text(Self.left, 22, title, "font-size=\"16\" font-weight=\"bold\""))
            \(text(Self.left, Self.top - 10, unit))
            """
        ]
        for index in 0...Int((end / step).rounded()) {
            let value = Double(index) * step
            parts.append(line(Self.left, y(value), Self.width - 20, y(value), "#ddd"))
            parts.append(text(Self.left - 8, y(value) + 4, Self.grouped(value), "text-anchor=\"end\""))
        }
        let groupWidth = (Self.width - 20 - Self.left) / Double(max(1, groups.count))
        let barWidth = groupWidth * 0.8 / Double(max(1, series.count))
        for (number, group) in groups.enumerated() {
            let start = Self.left + (Double(number) + 0.1) * groupWidth
            for bar in group.bars {
                let x = start + Double(bar.series) * barWidth
                let top = y(bar.spread.median)
                parts.append(
                    """
                    <rect x="\(fixed(x, 1))" y="\(fixed(top, 1))" width="\(fixed(barWidth * 0.92, 1))" \
                    height="\(fixed(y(0) - top, 1))" fill="\(Self.colours[bar.series % Self.colours.count])"/>
                    """)
                let middle = x + barWidth * 0.46
                parts.append(line(middle, y(bar.spread.least), middle, y(bar.spread.most), "#222"))
                for value in [bar.spread.least, bar.spread.most] {
                    parts.append(line(middle - 3, y(value), middle + 3, y(value), "#222"))
                }
            }
            parts.append(
                text(
                    start + groupWidth * 0.4, Self.height - Self.bottom + 18, group.label,
                    "text-anchor=\"middle\""))
        }
        for (index, name) in series.enumerated() {
            let x = Self.left + Double(index) * 170
            parts.append(
                """
                <rect x="\(fixed(x, 1))" y="34" width="12" height="12" \
                fill="\(Self.colours[index % Self.colours.count])"/>
                """)
            parts.append(text(x + 18, 44, name))
        }
        return parts.joined(separator: "\n") + "\n</svg>\n"
    }

    /// A round distance between grid lines: 1, 2 or 5 times a power of ten, four to ten lines.
    static func step(_ most: Double) -> Double {
        guard most.isFinite, most > 0 else { return 1 }
        var unit = 1.0
        while unit * 10 <= most { unit *= 10 }
        while unit > most { unit /= 10 }
        return most / unit >= 5 ? unit : most / unit >= 2 ? unit / 2 : unit / 5
    }

    /// Thousands apart; decimals for small values only.
    static func grouped(_ value: Double) -> String {
        guard value >= 1_000 else { return fixed(value, value == value.rounded() ? 0 : 2) }
        let digits = String(Int(value.rounded()))
        var out = ""
        for (index, digit) in digits.enumerated() {
            if index > 0 && (digits.count - index) % 3 == 0 { out += "," }
            out.append(digit)
        }
        return out
    }

    private func text(_ x: Double, _ y: Double, _ content: String, _ attributes: String = "") -> String {
        let escaped = content.map { $0 == "<" ? "&lt;" : $0 == "&" ? "&amp;" : String($0) }.joined()
        return "<text x=\"\(fixed(x, 1))\" y=\"\(fixed(y, 1))\" \(attributes)>\(escaped)</text>"
    }

    private func line(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, _ colour: String) -> String {
        """
        <line x1="\(fixed(x1, 1))" y1="\(fixed(y1, 1))" x2="\(fixed(x2, 1))" y2="\(fixed(y2, 1))" stroke="\(colour)"/>
        """
    }
}
