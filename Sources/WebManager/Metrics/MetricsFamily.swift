// SPDX-License-Identifier: GPL-2.0-or-later

/// A family of metrics, one sample for each of some things.
struct MetricsFamily<Subject> {
    var name: String
    var kind: MetricsText.Kind
    var help: String
    /// nil leaves the sample out.
    var value: (Subject) -> Double?

    init(_ name: String, _ kind: MetricsText.Kind, _ help: String, _ value: @escaping (Subject) -> Double?) {
        self.name = name
        self.kind = kind
        self.help = help
        self.value = value
    }
}

extension MetricsText {
    /// Families of the same things, each named `prefix` and its own name.
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
