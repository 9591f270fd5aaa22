// SPDX-License-Identifier: GPL-2.0-or-later

/// Writes metrics in the Prometheus text format, version 0.0.4.
struct MetricsText {
    static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    enum Kind: String {
        /// A value that only grows while the program runs. The name ends in `_total`.
        case counter
        case gauge
    }

    /// A value with the labels that distinguish it within its family.
    struct Sample {
        var labels: [(name: String, value: String)]
        var value: Double
    }

    private(set) var text = ""

    /// Adds a family with its samples; nothing when there are none.
    ///
    /// - Parameter help: the text of the `HELP` line.
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

    /// Adds a family of one sample without labels; nothing for nil.
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
        // Counts are written without a fraction; Swift would write 5.0.
        return Int64(exactly: value).map { "\($0)" } ?? "\(value)"
    }
}

/// A metric family with one sample for each subject.
struct MetricsFamily<Subject> {
    var name: String
    var kind: MetricsText.Kind
    var help: String
    /// Returns the value of a sample; nil leaves it out.
    var value: (Subject) -> Double?

    init(_ name: String, _ kind: MetricsText.Kind, _ help: String, _ value: @escaping (Subject) -> Double?) {
        self.name = name
        self.kind = kind
        self.help = help
        self.value = value
    }
}

extension MetricsText {
    /// Adds families about the same subjects. The name of each is `prefix` followed by its own name.
    mutating func add<Subject>(
        _ families: [MetricsFamily<Subject>], prefix: String, of subjects: [Subject],
        labels: (Subject) -> [(name: String, value: String)]
    ) {
        for family in families {
            let samples = subjects.compactMap { subject in
                family.value(subject).map { Sample(labels: labels(subject), value: $0) }
            }
            add(prefix + family.name, family.kind, family.help, samples)
        }
    }
}
