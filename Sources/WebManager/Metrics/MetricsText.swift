// SPDX-License-Identifier: GPL-2.0-or-later

/// The Prometheus text format, version 0.0.4.
struct MetricsText {
    static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    enum Kind: String {
        /// Only ever grows while the program runs; the name ends in `_total`.
        case counter
        case gauge
    }

    /// A value and the labels that tell it from the others of its family.
    struct Sample {
        var labels: [(name: String, value: String)]
        var value: Double
    }

    private(set) var text = ""

    /// A family with its samples; nothing when there are none.
    ///
    /// - Parameter help: one line for people.
    mutating func add(_ name: String, _ kind: Kind, _ help: String, _ samples: [Sample]) {
        guard !samples.isEmpty else { return }
        text += "# HELP \(name) \(Self.escaped(help, quotes: false))\n# TYPE \(name) \(kind.rawValue)\n"
        for sample in samples {
            text += name
            if !sample.labels.isEmpty {
                let labels = sample.labels.map { "\($0.name)=\"\(Self.escaped($0.value, quotes: true))\"" }
                text += "{\(labels.joined(separator: ","))}"
            }
            text += " \(Self.number(sample.value))\n"
        }
    }

    /// A family of one sample without labels; nothing for nil.
    mutating func add(_ name: String, _ kind: Kind, _ help: String, _ value: Double?) {
        add(name, kind, help, value.map { [Sample(labels: [], value: $0)] } ?? [])
    }

    static func escaped(_ text: String, quotes: Bool) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\"" where quotes: result += "\\\""
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    private static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        // Counts without a fraction, for readers; Swift would write 5.0.
        return Int64(exactly: value).map { "\($0)" } ?? "\(value)"
    }
}
