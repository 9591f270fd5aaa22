// SPDX-License-Identifier: GPL-2.0-or-later

/// Figures as people read them.
enum Words {
    /// Stands in the place of a figure that was not measured.
    static let nothing = "–"

    /// One digit after the point: `0.1`.
    static func fixed(_ value: Double) -> String {
        let tenths = Int((value * 10).rounded())
        return "\(tenths / 10).\(tenths % 10)"
    }

    static func percent(_ value: Double?, digits: Int = 0) -> String {
        guard let value else { return nothing }
        return digits == 0 ? "\(Int(value.rounded())) %" : "\(fixed(value)) %"
    }

    static func milliseconds(_ value: Double?) -> String {
        guard let value else { return nothing }
        return value < 9.95 && value >= 0.05 ? "\(fixed(value)) ms" : "\(Int(value.rounded())) ms"
    }

    /// In the largest unit: `45 s`, `4 min`, `3 h`, `3 d`.
    static func age(_ seconds: Double) -> String {
        let seconds = Int(max(0, seconds))
        return switch seconds {
        case ..<120: "\(seconds) s"
        case ..<7_200: "\(seconds / 60) min"
        case ..<172_800: "\(seconds / 3_600) h"
        default: "\(seconds / 86_400) d"
        }
    }

    /// In the two largest units: `3 d 4 h`.
    static func duration(_ seconds: Double) -> String {
        let seconds = Int(max(0, seconds))
        return switch seconds {
        case ..<60: "\(seconds) s"
        case ..<3_600: "\(seconds / 60) min \(seconds % 60) s"
        case ..<86_400: "\(seconds / 3_600) h \(seconds % 3_600 / 60) min"
        default: "\(seconds / 86_400) d \(seconds % 86_400 / 3_600) h"
        }
    }

    /// Two rates in the unit that suits the larger one: `1.2 / 8.1 Mb/s`; bits a second.
    static func rates(_ up: Double, _ down: Double) -> String {
        let units: [(from: Double, name: String)] = [(1e9, "Gb/s"), (1e6, "Mb/s"), (1e3, "kb/s"), (1, "b/s")]
        guard let unit = units.first(where: { max(up, down) >= $0.from }) else { return "0" }
        return "\(fixed(up / unit.from)) / \(fixed(down / unit.from)) \(unit.name)"
    }
}
